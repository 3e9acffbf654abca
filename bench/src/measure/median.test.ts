import { describe, expect, it } from 'vitest';

import { median, medianByRound } from './median.ts';

describe('median', () => {
  it.each([
    [[3], 3],
    [[10, 1, 2], 2],
    [[4, 1, 3, 2], 2.5],
  ])('of %j is %d', (values, expected) => {
    expect(median(values)).toBe(expected);
  });

  it('of nothing is an error', () => {
    expect(() => median([])).toThrow(RangeError);
  });
});

describe('medianByRound', () => {
  it('compares what was measured in the same round', () => {
    const ratio = (value: number, reference: number): number => value / reference;
    expect(medianByRound([1, 20, 3], [2, 10, 3], ratio)).toBe(1);
  });

  it('refuses rounds of which one is missing', () => {
    expect(() => medianByRound([1, 2], [1], Math.max)).toThrow(RangeError);
  });
});
