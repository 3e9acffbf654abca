/* global document, getComputedStyle, matchMedia, ResizeObserver, uPlot */

// Draws the charts of the report from the figures that stand in the page, and again where the colours change.

const HEIGHT = 208;
const result = JSON.parse(document.getElementById('result').textContent);
const format = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 });

const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const number = (formatter) => (_plot, value) => (value === null ? '–' : formatter.format(value));

/** A line; the first of a chart has its area filled where that is asked for. */
function line(label, name, { formatter = format, fill = false, scale = 'y' } = {}) {
  const stroke = color(name);
  return {
    label,
    stroke,
    scale,
    width: 2,
    value: number(formatter),
    points: { show: false },
    ...(fill ? { fill: `${stroke}22` } : {}),
  };
}

function axis(options) {
  return {
    stroke: color('faint'),
    font: '12px system-ui, sans-serif',
    grid: { stroke: color('grid'), width: 1 },
    ticks: { show: false },
    ...options,
  };
}

const byTime = (label = 'time') => ({
  label,
  value: (_plot, value) => (value === null ? '–' : `${value.toFixed(0)} s`),
});
const timeAxis = () =>
  axis({ size: 30, values: (_plot, splits) => splits.map((seconds) => `${seconds} s`), grid: { show: false } });
const valueAxis = (formatter, options) =>
  axis({
    size: 56,
    values: (_plot, splits) => splits.map((value) => (value === null ? '' : formatter.format(value))),
    ...options,
  });

/** Only powers of ten have a grid line on a logarithmic scale. */
const powersOfTen = (_plot, splits) => splits.map((value) => (Number.isInteger(Math.log10(value)) ? value : null));

const column = (timeline, field) => timeline.map((point) => point[field]);

const CHARTS = {
  latency: ({ timeline }) => ({
    data: ['seconds', 'p50', 'p99', 'max'].map((field) => column(timeline, field)),
    series: [byTime(), line('p50', 'series-1'), line('p99', 'series-2'), line('max', 'series-3')],
    scales: { x: { time: false }, y: { distr: 3 } },
    axes: [timeAxis(), valueAxis(format, { filter: powersOfTen })],
  }),
  throughput: ({ timeline }) => ({
    data: ['seconds', 'deliveredPerSecond', 'publishedPerSecond'].map((field) => column(timeline, field)),
    series: [
      byTime(),
      line('delivered', 'series-1', { formatter: compact, fill: true }),
      line('published', 'series-2', { formatter: compact }),
    ],
    scales: { x: { time: false }, y: { range: fromZero } },
    axes: [timeAxis(), valueAxis(compact)],
  }),
  percentiles: ({ percentiles }) => ({
    // The rarer, the further to the right: each nine takes the same room.
    data: [percentiles.map(([percentile]) => -Math.log10(1 - percentile / 100)), percentiles.map(([, ms]) => ms)],
    series: [
      { label: 'percentile', value: (_plot, value) => (value === null ? '–' : percentileLabel(value)) },
      line('latency', 'series-1', { fill: true }),
    ],
    scales: { x: { time: false }, y: { distr: 3 } },
    axes: [
      axis({
        size: 30,
        grid: { show: false },
        splits: (plot) => [0.30103, 1, 2, 3, 4, 5, 6].filter((nines) => nines <= plot.scales.x.max),
        values: (_plot, splits) => splits.map(percentileLabel),
      }),
      valueAxis(format, { filter: powersOfTen }),
    ],
  }),
  generator: ({ timeline }) => ({
    data: [
      ...['seconds', 'connected'].map((field) => column(timeline, field)),
      ...['eventLoop', 'machineBusy'].map((field) => column(timeline, field).map((share) => 100 * share)),
    ],
    series: [
      byTime(),
      line('connections', 'series-1', { formatter: compact, fill: true }),
      line('busiest thread, %', 'series-2', { scale: '%' }),
      line('machine, %', 'series-3', { scale: '%' }),
    ],
    scales: { x: { time: false }, y: { range: fromZero }, '%': { range: [0, 100] } },
    axes: [timeAxis(), valueAxis(compact), valueAxis(format, { scale: '%', side: 1, grid: { show: false }, size: 46 })],
  }),
};

function fromZero(_plot, _min, max) {
  return [0, Math.max(1, max * 1.1)];
}

function percentileLabel(nines) {
  return `${Number((100 * (1 - 10 ** -nines)).toFixed(4))} %`;
}

function draw(element, scenario) {
  const { data, ...options } = CHARTS[element.dataset.chart](scenario);
  element.replaceChildren();
  const [, ...series] = data;
  const isEmpty = series.every((values) => values.every((value) => value === null));
  element.classList.toggle('empty', isEmpty);
  if (isEmpty) {
    element.textContent = '– nothing was measured';
    return undefined;
  }
  const plot = new uPlot(
    {
      width: element.clientWidth,
      height: HEIGHT,
      cursor: { points: { size: 7 }, y: false, drag: { x: true, y: false } },
      legend: { live: true },
      padding: [8, 8, 0, 0],
      ...options,
    },
    data,
    element,
  );
  return plot;
}

function drawAll() {
  const plots = new Map();
  for (const section of document.querySelectorAll('[data-scenario]')) {
    const scenario = result.scenarios.find(({ plan }) => plan.scenario === section.dataset.scenario);
    for (const element of section.querySelectorAll('[data-chart]')) {
      const plot = draw(element, scenario);
      if (plot !== undefined) plots.set(element, plot);
    }
  }
  return plots;
}

let plots = drawAll();
const resized = new ResizeObserver((entries) => {
  for (const { target } of entries) plots.get(target)?.setSize({ width: target.clientWidth, height: HEIGHT });
});
for (const element of plots.keys()) resized.observe(element);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  for (const plot of plots.values()) plot.destroy();
  plots = drawAll();
});
