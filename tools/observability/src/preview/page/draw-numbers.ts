import { h } from '@outcry/page';
import uPlot from 'uplot';

import { formatValue } from '../format-value.ts';
import type { PanelPicture, PictureSeries } from '../picture.ts';
import { thresholdColour } from '../threshold-colour.ts';
import { groundColour } from './colours.ts';

/** A panel of numbers: what each series came to at last, on the colour that this has, over how it came there. */
export function drawNumbers(body: HTMLElement, panel: PanelPicture, times: readonly number[]): void {
  const cells = h('div', { class: 'cells' });
  body.append(cells);
  const drawn = panel.series.map((series) => {
    const cell = drawCell(panel, series);
    cells.append(cell);
    return { cell, series };
  });
  // Only now they have their sizes.
  for (const { cell, series } of drawn) if (hasPast(series)) drawPast(cell, series, times);
}

function drawCell({ unit, steps, fixedColour, series }: PanelPicture, { name, values }: PictureSeries): HTMLElement {
  const last = values.findLast((value) => value !== null);
  const text = last === undefined ? '–' : formatValue(last, unit);
  const cell = h(
    'div',
    { class: 'cell' },
    series.length > 1 && h('span', { class: 'name' }, name),
    h('span', { class: 'value' }, text),
  );
  cell.style.background = groundColour(fixedColour ?? thresholdColour(steps, last ?? 0) ?? 'blue');
  return cell;
}

function hasPast({ values }: PictureSeries): boolean {
  return values.filter((value) => value !== null).length > 1;
}

function drawPast(cell: HTMLElement, { values }: PictureSeries, times: readonly number[]): void {
  const [width, height] = [cell.clientWidth, cell.clientHeight / 2];
  const chart = h('div', { class: 'past' });
  cell.append(chart);
  new uPlot(
    {
      ...{ width, height, padding: [2, 0, 0, 0] },
      legend: { show: false },
      cursor: { show: false },
      series: [{}, { stroke: '#ffffff55', fill: '#ffffff18', width: 1, points: { show: false } }],
      axes: [{ show: false }, { show: false }],
      scales: { y: { range: (_, low, high) => [Math.min(0, low), Math.max(high, low + 1e-9)] } },
    },
    [[...times], [...values]],
    chart,
  );
}
