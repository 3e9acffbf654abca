import type { TopLevelSpec } from 'vega-lite';

import type { Row } from './report.ts';

export interface BarsOptions {
  readonly title: string;
  readonly rows: readonly Row[];
  /** The cell that is drawn, and what it is, with its unit. */
  readonly value: string;
  readonly axis: string;
  /** The cell that makes a panel of its own; rows with the same one stand together. */
  readonly panel?: string;
}

const PANEL_WIDTH = 520;
const MAX_NAME_WIDTH = 240;
const PER_LINE = 2;

/** One bar for each contestant, in the order of the rows, with its value beside it. */
export function bars({ title, rows, value, axis, panel }: BarsOptions): TopLevelSpec {
  const values = rows.filter((row) => row[value] !== undefined).map((row) => ({ ...row }));
  const order = [...new Set(values.map((row) => String(row['contestant'])))];
  const cell = `datum[${JSON.stringify(value)}]`;
  const transform = [{ calculate: `${cell} < 1000 ? format(${cell}, '.3~r') : format(${cell}, ',.0f')`, as: 'label' }];
  const layer = [
    { mark: { type: 'bar' as const, tooltip: false } },
    {
      mark: { type: 'text' as const, align: 'left' as const, dx: 4 },
      encoding: { text: { field: 'label', type: 'nominal' as const } },
    },
  ];
  const encoding = {
    y: {
      field: 'contestant',
      type: 'nominal' as const,
      sort: order,
      title: null,
      axis: { labelLimit: MAX_NAME_WIDTH },
    },
    x: { field: value, type: 'quantitative' as const, title: axis },
    color: {
      condition: { test: "indexof(datum.contestant, 'outcry') === 0", value: '#d9480f' },
      value: '#868e96',
    },
  };
  const unit = { width: PANEL_WIDTH, transform, layer, encoding };
  const heading = { text: title, anchor: 'start' as const };
  if (panel === undefined) return { title: heading, data: { values }, ...unit };
  const panels = [...new Set(values.map((row) => String(row[panel])))];
  return {
    title: heading,
    data: { values },
    facet: { field: panel, type: 'nominal', sort: panels, title: null },
    columns: PER_LINE,
    spec: unit,
  };
}
