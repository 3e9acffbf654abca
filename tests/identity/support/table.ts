import { SuiteTable } from '../../support/suite-table.ts';
import type { Logins } from './logins.ts';
import type { OpenIdProvider } from './openid-provider.ts';
import { IS_LONG } from './scale.ts';

interface IdentityRow {
  readonly what: string;
  readonly good: number;
  readonly refused: number;
  readonly bad: number;
  readonly accepted: number;
  readonly perSecond: number;
  /** Good ones that were told to come back in a moment, each time. */
  readonly waits: number;
  readonly turnedAway: number;
  readonly fetches: number;
  /** Between any two fetches behind that of the start. */
  readonly shortestGapMs: number;
}

const TABLE = new SuiteTable<IdentityRow>({
  name: 'identity',
  head: ['what', 'good', 'refused', 'bad', 'accepted', 'logins/s', 'told to wait', 'turned away', 'fetches', 'closest'],
  cellsOf,
  size: IS_LONG ? 'long' : 'short',
});

/** Prints a row of the table at once, and keeps it for the whole table. */
export function addRow(what: string, logins: Logins, { fetches }: Pick<OpenIdProvider, 'fetches'>): void {
  TABLE.add({
    what,
    good: logins.good,
    refused: logins.refused.length,
    bad: logins.bad,
    accepted: logins.accepted.length,
    perSecond: logins.perSecond,
    waits: logins.waits,
    turnedAway: logins.turnedAway,
    fetches: fetches.length,
    shortestGapMs: shortestGapMs(fetches),
  });
}

/** Between two fetches; that of the start does not count, for the next one may follow it at once. */
function shortestGapMs(fetches: readonly number[]): number {
  return Math.min(...fetches.slice(2).map((at, i) => at - (fetches[i + 1] ?? NaN)));
}

/** Vitest's global set-up: begins an empty table. */
export function setup(): void {
  TABLE.begin();
}

/** Vitest's global tear-down: prints the table and keeps it as `artifacts/identity.json`. */
export function teardown(): void {
  TABLE.finish();
}

function cellsOf({ what, shortestGapMs: gapMs, ...counts }: IdentityRow): string[] {
  const { good, refused, bad, accepted, perSecond, waits, turnedAway, fetches } = counts;
  const gap = Number.isFinite(gapMs) ? `${(gapMs / 1000).toFixed(1)} s` : '–';
  return [what, good, refused, bad, accepted, perSecond, waits, turnedAway, fetches, gap].map(String);
}
