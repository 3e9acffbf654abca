import { h } from '@outcry/page';
import uPlot from 'uplot';

import { formatValue } from '../format-value.ts';
import type { PanelPicture } from '../picture.ts';
import { curveColour, namedColour } from './colours.ts';

const FONT = '11px Inter, "DejaVu Sans", system-ui, sans-serif';
const FAINT = '#8e9099';
const GRID = 'rgba(204, 204, 220, 0.08)';
const AREA_ALPHA = 0.15;
const POWERS_OF_TWO = Array.from({ length: 50 }, (_, power) => 2 ** power);

/** A panel of curves: what is drawn by uPlot, and below it what they are called. */
export function drawCurves(
  body: HTMLElement,
  { unit, min, softMax, steps, series }: PanelPicture,
  times: readonly number[],
): void {
  const chart = h('div', { class: 'chart' });
  body.append(chart, drawLegend(series));
  const format = (value: number): string => formatValue(value, unit);
  new uPlot(
    {
      width: chart.clientWidth,
      height: chart.clientHeight,
      padding: [6, 26, 0, 0],
      legend: { show: false },
      cursor: { show: false },
      series: [{}, ...series.map((_, index) => ({ stroke: curveColour(index), width: 1.5, points: { show: false } }))],
      scales: { y: { range: (_, low, high) => rangeOf({ min, softMax }, low, high) } },
      axes: [
        axis({ size: 24, space: 70, values: (_, splits) => splits.map(formatTime) }),
        axis({
          ...(unit === 'bytes' ? { incrs: POWERS_OF_TWO } : {}),
          size: (_, values) => 14 + 6.5 * longest(values),
          values: (_, splits) => splits.map(format),
        }),
      ],
      hooks: {
        drawClear: [
          (plot) => {
            drawSteps(plot, steps);
          },
        ],
      },
    },
    [[...times], ...series.map(({ values }) => [...values])],
    chart,
  );
}

function axis(options: uPlot.Axis): uPlot.Axis {
  return { stroke: FAINT, font: FONT, grid: { stroke: GRID, width: 1 }, ticks: { show: false }, ...options };
}

/** As uPlot finds it, and Grafana with it, within what the panel says of its axis. */
function rangeOf(
  { min, softMax = 0 }: Pick<PanelPicture, 'min' | 'softMax'>,
  low: number | null,
  high: number | null,
): uPlot.Range.MinMax {
  return uPlot.rangeNum(min ?? low ?? 0, high ?? 1, {
    min: min === undefined ? { pad: 0.1, soft: 0, mode: 3 } : { hard: min },
    max: { pad: 0.1, soft: softMax, mode: 1 },
  });
}

/** A line where a step begins, and its colour from there on up. */
function drawSteps(plot: uPlot, steps: PanelPicture['steps']): void {
  const { ctx, bbox } = plot;
  const { min, max } = plot.scales['y'] ?? {};
  if (typeof min !== 'number' || typeof max !== 'number') return;
  for (const [index, { color, value }] of steps.entries()) {
    const from = Math.max(min, value ?? min);
    const to = Math.min(max, steps[index + 1]?.value ?? max);
    if (from > to || color === 'transparent') continue;
    const [bottom, top] = [plot.valToPos(from, 'y', true), plot.valToPos(to, 'y', true)];
    ctx.save();
    ctx.fillStyle = namedColour(color);
    ctx.globalAlpha = AREA_ALPHA;
    ctx.fillRect(bbox.left, top, bbox.width, bottom - top);
    ctx.globalAlpha = 1;
    if (value !== null && value >= min) ctx.fillRect(bbox.left, bottom - 1, bbox.width, 2);
    ctx.restore();
  }
}

function drawLegend(series: PanelPicture['series']): HTMLElement {
  const names = series.map(({ name }, index) => {
    const mark = h('i');
    mark.style.background = curveColour(index);
    return h('span', {}, mark, name);
  });
  return h('div', { class: 'legend' }, ...names);
}

function longest(values: readonly string[] | null): number {
  return Math.max(0, ...(values ?? []).map((value) => value.length));
}

function formatTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(11, 19);
}
