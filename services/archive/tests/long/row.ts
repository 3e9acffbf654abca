/** A row of the table. */
export interface Row {
  readonly what: string;
  readonly bar: string;
  readonly found: string;
  readonly holds: boolean;
}

/** What must not be there at all. */
export function none(what: string, count: number): Row {
  return { what, bar: '0', found: String(count), holds: count === 0 };
}

export function atMost(what: string, { bar, found, unit }: { bar: number; found: number; unit: string }): Row {
  const show = (value: number): string => `${String(Math.round(value * 10) / 10)} ${unit}`;
  return { what, bar: `at most ${show(bar)}`, found: show(found), holds: found <= bar };
}

export function atLeast(what: string, { bar, found, unit }: { bar: number; found: number; unit: string }): Row {
  return {
    what,
    bar: `at least ${String(bar)} ${unit}`,
    found: `${String(Math.round(found))} ${unit}`,
    holds: found >= bar,
  };
}

/** What is told and not judged. */
export function told(what: string, found: string): Row {
  return { what, bar: '–', found, holds: true };
}

/** The value that this share of all is not above; 0 where there is none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? 0;
}
