import { formatScaled, type Level } from '@outcry/client';

import { groupDigits } from './decimal.ts';

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

/** By rising price: what stands in the book from the middle to there, on the one side and on the other. */
export type DepthCurve = [prices: number[], bids: (number | null)[], asks: (number | null)[]];

export interface DepthOptions {
  /** High to low. */
  readonly bids: readonly Level[];
  /** Low to high. */
  readonly asks: readonly Level[];
  readonly priceScale: number;
  readonly sizeScale: number;
}

export function depthCurve({ bids, asks, priceScale, sizeScale }: DepthOptions): DepthCurve {
  const [priceUnit, sizeUnit] = [10 ** -priceScale, 10 ** -sizeScale];
  const bidTotals = runningTotals(bids).map((total) => total * sizeUnit);
  const askTotals = runningTotals(asks).map((total) => total * sizeUnit);
  const prices = [...bids.toReversed(), ...asks].map(([price]) => price * priceUnit);
  return [prices, [...bidTotals.toReversed(), ...asks.map(() => null)], [...bids.map(() => null), ...askTotals]];
}
