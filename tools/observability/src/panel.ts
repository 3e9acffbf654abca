/** How Grafana writes values: https://grafana.com/docs/grafana/latest/panels-visualizations/configure-standard-options/ */
export type Unit = 'short' | 'ops' | 'Bps' | 'bytes' | 's' | 'percentunit' | 'bool_yes_no';

export interface Query {
  readonly expr: string;
  /** `{{instance}}`; what the only series is called where there is one. */
  readonly legend: string;
  /** Asked once, for all the time that is shown: of a number that has no curve below it. */
  readonly isInstant?: true;
}

export interface Panel {
  readonly title: string;
  /** A number each, or curves. */
  readonly kind: 'stat' | 'curves';
  readonly unit: Unit;
  readonly queries: readonly [Query, ...Query[]];
  /** How much room it takes among the numbers beside it; 1 where absent. */
  readonly weight?: number;
  /** What is shown, where the title does not say it. */
  readonly shows?: string;
  /** From where on it is red; absent where only a comparison with other days tells. */
  readonly red?: { readonly above: number } | { readonly below: number };
  /** What somebody does who finds it red. */
  readonly whenRed: string;
}

export interface GridPosition {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

const DATA_SOURCE = { type: 'prometheus', uid: '${datasource}' };

/** A panel as Grafana 11 reads it. */
export function toGrafanaPanel(panel: Panel, { id, gridPos }: { readonly id: number; readonly gridPos: GridPosition }) {
  const { title, kind, unit, queries } = panel;
  return {
    id,
    type: kind === 'stat' ? 'stat' : 'timeseries',
    title,
    description: describe(panel),
    gridPos,
    datasource: DATA_SOURCE,
    targets: queries.map(({ expr, legend, isInstant = false }, index) => ({
      refId: String.fromCharCode('A'.charCodeAt(0) + index),
      datasource: DATA_SOURCE,
      editorMode: 'code',
      expr,
      legendFormat: legend,
      ...(isInstant ? { instant: true, range: false } : { range: true }),
    })),
    fieldConfig: {
      defaults: { unit, min: 0, ...colourOf(panel), ...(kind === 'stat' ? {} : { custom: axisOf(panel) }) },
      overrides: [],
    },
    options: kind === 'stat' ? STAT_OPTIONS : CURVE_OPTIONS,
  };
}

const STAT_OPTIONS = {
  colorMode: 'background',
  graphMode: 'area',
  reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
};

const CURVE_OPTIONS = {
  legend: { displayMode: 'list', placement: 'bottom', showLegend: true },
  tooltip: { mode: 'multi', sort: 'desc' },
};

function describe({ shows, whenRed, red }: Panel): string {
  const limit = red === undefined ? 'Unlike other days' : 'Red';
  return `${shows === undefined ? '' : `${shows} `}${limit}: ${whenRed}`;
}

/** Green, and red from the limit on; curves have a line and an area there. */
function colourOf({ kind, red }: Panel) {
  if (red === undefined) return { color: { mode: kind === 'stat' ? 'fixed' : 'palette-classic', fixedColor: 'blue' } };
  // Behind curves only what is red is painted.
  const fine = kind === 'stat' ? 'green' : 'transparent';
  const steps =
    'above' in red
      ? [
          { color: fine, value: null },
          { color: 'red', value: red.above },
        ]
      : [
          { color: 'red', value: null },
          { color: fine, value: red.below },
        ];
  return {
    color: { mode: kind === 'stat' ? 'thresholds' : 'palette-classic' },
    thresholds: { mode: 'absolute', steps },
  };
}

/** What an axis reaches to at least where nothing happens, and Grafana would have it reach to 100. */
const LEAST: Readonly<Record<Unit, number>> = {
  short: 1,
  ops: 1,
  Bps: 1000,
  bytes: 1024,
  s: 0.01,
  percentunit: 0.1,
  bool_yes_no: 1,
};
/** The limit is seen, and what is above it. */
const ABOVE_LIMIT = 1.25;

function axisOf({ red, unit }: Panel) {
  if (red === undefined) return { axisSoftMax: LEAST[unit] };
  const limit = 'above' in red ? red.above : red.below;
  return { axisSoftMax: limit * ABOVE_LIMIT, thresholdsStyle: { mode: 'line+area' } };
}
