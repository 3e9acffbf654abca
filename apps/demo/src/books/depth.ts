import { formatScaled, type Level } from '@outcry/client';

import { groupDigits } from '../text/decimal.ts';

/** Sizes added up from the best level on, in the levels' own units. */
export function runningTotals(levels: readonly Level[]): readonly number[] {
  let total = 0;
  return levels.map(([, size]) => (total += size));
}

/** What stands between the best bid and the best ask; prices in units of 10^-scale. */
export function spreadOf(bid: number, ask: number, scale: number): { mid: string; spread: string; bps: string } {
  // Half a tick needs one decimal place more.
  const mid = formatScaled((bid + ask) * 5, scale + 1);
  const bps = Number((((ask - bid) / ((bid + ask) / 2)) * 10_000).toPrecision(2));
  return { mid: groupDigits(mid), spread: groupDigits(formatScaled(ask - bid, scale)), bps: `${String(bps)} bps` };
}
