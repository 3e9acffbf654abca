import { describe, expect, it } from 'vitest';
import { PARTITION_COUNT } from '../../partition.ts';
import { partitionsOfEach } from './shards.ts';

describe('the partitions of each of several servers', () => {
  it.each([1, 2, 3, 5, 7, 63, 64])(
    'of %i are neighbours, as many as of another but for one, and all of them',
    (shards) => {
      const parts = partitionsOfEach(shards);
      expect(parts).toHaveLength(shards);
      expect(parts.flat()).toEqual(Array.from({ length: PARTITION_COUNT }, (_, partition) => partition));
      const sizes = parts.map(({ length }) => length);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    },
  );

  it('stay what they are, because rooms are where they were', () => {
    expect(partitionsOfEach(3).map((part) => [part[0], part.at(-1)])).toEqual([
      [0, 21],
      [22, 42],
      [43, 63],
    ]);
  });
});
