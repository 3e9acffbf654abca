import { describe, expect, it } from 'vitest';

import { SeededRandom } from '../testing/seeded-random.ts';
import { HeavyHitters } from './heavy-hitters.ts';

const CAPACITY = 32;
const KEYS = 2000;
const STEPS = 20_000;

/** A few keys are loud, the others are many: as rooms are. And some are loud only for a while. */
function drawKey(random: SeededRandom, step: number): number {
  if (random.chance(40)) return random.below(5);
  if (random.chance(10)) return 100 + Math.floor((10 * step) / STEPS);
  return random.below(KEYS);
}

function run(seed: number): { readonly sketch: HeavyHitters<number>; readonly truth: ReadonlyMap<number, number> } {
  const random = new SeededRandom(seed);
  const sketch = new HeavyHitters<number>(CAPACITY);
  const truth = new Map<number, number>();
  for (let step = 0; step < STEPS; step += 1) {
    const key = drawKey(random, step);
    const weight = 1 + random.below(100);
    sketch.add(key, weight);
    truth.set(key, (truth.get(key) ?? 0) + weight);
  }
  return { sketch, truth };
}

describe('the heaviest of many keys', () => {
  it.each([1, 2, 3, 4, 5])(
    'are said to be no heavier than they are, and lighter by no more than is told (seed %i)',
    (seed) => {
      const { sketch, truth } = run(seed);
      const total = [...truth.values()].reduce((sum, weight) => sum + weight, 0);
      expect(sketch.missed).toBeGreaterThan(0);
      expect(sketch.missed).toBeLessThanOrEqual(total / CAPACITY);
      const wrong = [...truth].filter(([key, weight]) => {
        const value = sketch.valueOf(key);
        return value > weight || weight > value + sketch.missed;
      });
      expect(wrong).toEqual([]);
    },
  );

  it.each([1, 2, 3, 4, 5])('are all there where they have more than their share (seed %i)', (seed) => {
    const { sketch, truth } = run(seed);
    const total = [...truth.values()].reduce((sum, weight) => sum + weight, 0);
    const loud = [...truth].filter(([, weight]) => weight > total / CAPACITY).map(([key]) => key);
    expect(loud.length).toBeGreaterThanOrEqual(5);
    const named = new Set(sketch.top(CAPACITY).map(({ key }) => key));
    expect(loud.filter((key) => !named.has(key))).toEqual([]);
  });

  it('are exact while there are no more keys than counters, the heaviest first', () => {
    const sketch = new HeavyHitters<string>(4);
    for (const [key, weight] of [
      ['a', 1],
      ['b', 5],
      ['c', 2],
      ['a', 3],
      ['d', 1],
      ['c', 9],
    ] as const)
      sketch.add(key, weight);
    expect(sketch.top(3)).toEqual([
      { key: 'c', value: 11 },
      { key: 'b', value: 5 },
      { key: 'a', value: 4 },
    ]);
    // All counters are taken: one that is not here may have as much as the smallest.
    expect(sketch.missed).toBe(1);
    expect(sketch.valueOf('e')).toBe(0);
  });

  it('do not owe anything to those whose counters they took over', () => {
    const sketch = new HeavyHitters<string>(1);
    sketch.add('a', 7);
    sketch.add('b', 2);
    expect(sketch.top(1)).toEqual([{ key: 'b', value: 2 }]);
    expect(sketch.missed).toBe(9);
  });

  it('need a weight, and room for one', () => {
    const sketch = new HeavyHitters<string>(1);
    sketch.add('a', 0);
    sketch.add('a', -1);
    sketch.add('a', Number.NaN);
    expect(sketch.top(1)).toEqual([]);
    expect(() => new HeavyHitters(0)).toThrow('expected a capacity of 1 or more');
  });
});
