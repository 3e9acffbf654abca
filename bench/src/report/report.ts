import type { TopLevelSpec } from 'vega-lite';

export type Cell = string | number | undefined;
export type Row = Readonly<Record<string, Cell>>;

export interface Column {
  /** Of the cell in a row. */
  readonly key: string;
  /** With the unit. */
  readonly title: string;
  /** Decimal places of numbers. */
  readonly digits?: number;
}

/** A figure that outcry promises. */
export interface Bound {
  readonly what: string;
  readonly limit: number;
  /** Undefined where it could not be measured. */
  readonly measured: number | undefined;
}

/** What an experiment has shown. */
export interface Report {
  readonly title: string;
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
  readonly bounds: readonly Bound[];
  readonly chart: TopLevelSpec;
}

export function isMet({ measured, limit }: Bound): boolean {
  return measured !== undefined && measured <= limit;
}
