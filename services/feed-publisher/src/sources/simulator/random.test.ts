import { describe, expect, it } from 'vitest';

import { Random } from './random.ts';

describe('Random', () => {
  it('is xoshiro128**', () => {
    const random = new Random([1, 2, 3, 4]);
    const words = Array.from({ length: 6 }, () => random.nextWord());
    // The first three can be worked out by hand from the definition.
    expect(words).toEqual([11_520, 0, 5_927_040, 70_819_200, 2_031_721_883, 1_637_235_492]);
  });

  it('gives each text numbers of its own, always the same', () => {
    const first = Random.fromText('1 BTCUSDT').nextWord();
    expect(Random.fromText('1 BTCUSDT').nextWord()).toBe(first);
    expect(Random.fromText('2 BTCUSDT').nextWord()).not.toBe(first);
    expect(Random.fromText('1 ETHUSDT').nextWord()).not.toBe(first);
  });

  it('has the moments of its distributions', () => {
    const random = Random.fromText('moments');
    const count = 100_000;
    const sums = { uniform: 0, normal: 0, normalSquared: 0, exponential: 0 };
    for (let i = 0; i < count; i++) {
      const normal = random.normal();
      sums.uniform += random.uniform();
      sums.normal += normal;
      sums.normalSquared += normal * normal;
      sums.exponential += random.exponential();
    }
    expect(sums.uniform / count).toBeCloseTo(0.5, 1);
    expect(sums.normal / count).toBeCloseTo(0, 1);
    expect(sums.normalSquared / count).toBeCloseTo(1, 1);
    expect(sums.exponential / count).toBeCloseTo(1, 1);
  });

  it('stays below its bound', () => {
    const random = Random.fromText('bound');
    const seen = new Set(Array.from({ length: 1000 }, () => random.below(5)));
    expect([...seen].sort()).toEqual([0, 1, 2, 3, 4]);
  });
});
