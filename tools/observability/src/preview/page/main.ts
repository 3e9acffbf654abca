import { byId, h } from '@outcry/page';

import type { GridPosition } from '../../panel.ts';
import { type DashboardPicture, isEmpty, type PanelPicture } from '../picture.ts';
import { drawCurves } from './draw-curves.ts';
import { drawNumbers } from './draw-numbers.ts';

const { title, description, caption, times, rows, panels } = JSON.parse(
  byId('picture', HTMLScriptElement).text,
) as DashboardPicture;

document.title = title;
const grid = h('main');
document.body.append(
  h('header', {}, h('h1', {}, title), h('p', {}, description), h('p', { class: 'caption' }, caption)),
  grid,
);
for (const row of rows) grid.append(place(h('h2', {}, row.title), row.position));
for (const panel of panels) drawPanel(panel);

function drawPanel(panel: PanelPicture): void {
  const body = h('div', { class: 'body' });
  grid.append(place(h('section', {}, h('h3', {}, panel.title), h('p', {}, panel.description), body), panel.position));
  if (isEmpty(panel)) body.append(h('p', { class: 'empty' }, 'No data'));
  else if (panel.kind === 'stat') drawNumbers(body, panel, times);
  else drawCurves(body, panel, times);
}

/** Where the dashboard's own grid has it. */
function place(element: HTMLElement, { x, y, w, h: height }: GridPosition): HTMLElement {
  element.style.gridArea = `${String(y + 1)} / ${String(x + 1)} / span ${String(height)} / span ${String(w)}`;
  return element;
}
