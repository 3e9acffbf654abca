import type { Level } from '@outcry/client';

import { runningTotals } from './depth.ts';

export interface BookSides {
  /** High to low. */
  readonly bids: readonly Level[];
  /** Low to high. */
  readonly asks: readonly Level[];
  /** Levels a side that were asked for; 0 is all of them. A side with fewer has no more. */
  readonly depth: number;
}

/** From its price away from the middle, so much stands in the book. */
export interface DepthStep {
  readonly price: number;
  readonly total: number;
}

/** A book as two slopes around its middle, as far to the one side as to the other; all in the levels' own units. */
export interface DepthShape {
  readonly from: number;
  readonly middle: number;
  readonly to: number;
  /** The largest total in sight. */
  readonly max: number;
  /** From the middle outwards. */
  readonly bids: readonly DepthStep[];
  readonly asks: readonly DepthStep[];
}

/** Undefined where a side is empty: then there is no middle. */
export function depthShape({ bids, asks, depth }: BookSides): DepthShape | undefined {
  const [bid, ask] = [bids[0], asks[0]];
  if (bid === undefined || ask === undefined) return undefined;
  const middle = (bid[0] + ask[0]) / 2;
  const reach = reachOf(middle, { bids, asks, depth });
  const [from, to] = [middle - reach, middle + reach];
  const steps = (levels: readonly Level[]): DepthStep[] => {
    const totals = runningTotals(levels);
    return levels
      .map(([price], index) => ({ price, total: totals[index] ?? 0 }))
      .filter(({ price }) => price >= from && price <= to);
  };
  const sides = { bids: steps(bids), asks: steps(asks) };
  const max = Math.max(sides.bids.at(-1)?.total ?? 0, sides.asks.at(-1)?.total ?? 0);
  return { from, middle, to, max, ...sides };
}

/** As far as both sides are known: behind the last level of a side that was cut off there may be anything. */
function reachOf(middle: number, { bids, asks, depth }: BookSides): number {
  const sides = [bids, asks].map((levels) => ({
    farthest: Math.abs((levels.at(-1)?.[0] ?? middle) - middle),
    isCutOff: depth > 0 && levels.length >= depth,
  }));
  const cutOff = sides.filter(({ isCutOff }) => isCutOff).map(({ farthest }) => farthest);
  return cutOff.length > 0 ? Math.min(...cutOff) : Math.max(...sides.map(({ farthest }) => farthest));
}

/** Round numbers below a maximum for a scale: two or three, or as many as four. */
export function roundTicks(max: number): readonly number[] {
  if (!(max > 0)) return [];
  const magnitude = 10 ** Math.floor(Math.log10(max / 2));
  const step = [5, 2, 1].map((factor) => factor * magnitude).find((candidate) => candidate <= max / 2) ?? magnitude;
  return Array.from({ length: Math.floor(max / step) }, (_, index) => (index + 1) * step);
}
