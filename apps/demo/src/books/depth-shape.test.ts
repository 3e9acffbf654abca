import type { Level } from '@outcry/client';
import { describe, expect, it } from 'vitest';

import { depthShape, roundTicks } from './depth-shape.ts';

const BIDS: readonly Level[] = [
  [99, 2],
  [98, 3],
  [95, 1],
];
const ASKS: readonly Level[] = [
  [101, 1],
  [103, 4],
  [120, 9],
];

describe('depthShape', () => {
  it('reaches as far to the one side as to the other, and no further than both are known', () => {
    const shape = depthShape({ bids: BIDS, asks: ASKS, depth: 3 });
    expect(shape).toMatchObject({ from: 95, middle: 100, to: 105, max: 6 });
    expect(shape?.bids).toEqual([
      { price: 99, total: 2 },
      { price: 98, total: 5 },
      { price: 95, total: 6 },
    ]);
    expect(shape?.asks).toEqual([
      { price: 101, total: 1 },
      { price: 103, total: 5 },
    ]);
  });

  it('knows that there is nothing behind the last level of a side that has fewer than asked for', () => {
    expect(depthShape({ bids: BIDS.slice(0, 1), asks: ASKS, depth: 3 })).toMatchObject({ from: 80, to: 120, max: 14 });
    expect(depthShape({ bids: BIDS, asks: ASKS, depth: 0 })).toMatchObject({ from: 80, to: 120 });
    expect(depthShape({ bids: BIDS, asks: ASKS, depth: 10 })).toMatchObject({ from: 80, to: 120 });
  });

  it('has no shape without a middle', () => {
    expect(depthShape({ bids: [], asks: ASKS, depth: 3 })).toBeUndefined();
    expect(depthShape({ bids: BIDS, asks: [], depth: 3 })).toBeUndefined();
  });

  it('finds a middle between two ticks', () => {
    expect(depthShape({ bids: [[99, 1]], asks: [[100, 1]], depth: 1 })).toMatchObject({
      from: 99,
      middle: 99.5,
      to: 100,
    });
  });
});

describe('roundTicks', () => {
  it.each([
    [1.84, [0.5, 1, 1.5]],
    [10, [5, 10]],
    [9.99, [2, 4, 6, 8]],
    [431, [200, 400]],
    [0.0031, [0.001, 0.002, 0.003]],
    [0, []],
    [NaN, []],
  ])('divides a scale up to %d', (max, ticks) => {
    const found = roundTicks(max);
    expect(found).toHaveLength(ticks.length);
    for (const [index, tick] of found.entries()) expect(tick).toBeCloseTo(ticks[index] ?? NaN, 9);
  });
});
