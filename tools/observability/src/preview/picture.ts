import type { PanelFrame, RowTitle } from './read-panels.ts';

/** One curve, or one number: a value for each moment of the picture. */
export interface PictureSeries {
  readonly name: string;
  readonly values: readonly (number | null)[];
}

export interface PanelPicture extends PanelFrame {
  readonly series: readonly PictureSeries[];
}

/** All that is drawn of a dashboard. */
export interface DashboardPicture {
  readonly title: string;
  readonly description: string;
  /** Of whom the picture is, and of what. */
  readonly caption: string;
  /** In seconds, one after the other. */
  readonly times: readonly number[];
  readonly rows: readonly RowTitle[];
  readonly panels: readonly PanelPicture[];
}

/** A series as Prometheus has it. */
export interface Curve {
  readonly name: string;
  readonly points: readonly (readonly [seconds: number, value: number])[];
}

/** As values for all moments. What is no number is not drawn. */
export function alignCurves(times: readonly number[], curves: readonly Curve[]): readonly PictureSeries[] {
  return curves.map(({ name, points }) => {
    const values = new Map(points);
    return { name, values: times.map((time) => finite(values.get(time))) };
  });
}

/** Whether there is nothing to see in it. */
export function isEmpty({ series }: Pick<PanelPicture, 'series'>): boolean {
  return series.every(({ values }) => values.every((value) => value === null));
}

function finite(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}
