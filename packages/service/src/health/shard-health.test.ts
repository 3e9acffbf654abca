import { beforeEach, describe, expect, it } from 'vitest';
import { ShardHealth } from './shard-health.ts';

const [ONE, TWO] = ['redis://one:6379', 'redis://two:6379'];

describe('the health of shards', () => {
  let shown: Record<string, number>;
  let health: ShardHealth;
  beforeEach(() => {
    shown = {};
    health = new ShardHealth({
      show: (shard, value) => {
        shown[shard] = value;
      },
      forget: (shard) => {
        const { [shard]: _, ...others } = shown;
        shown = others;
      },
    });
  });

  it('is that of all of their partitions', () => {
    health.show('up', { shard: ONE, partitions: [0, 1, 2] });
    health.show('up', { shard: TWO, partitions: [3] });
    expect(shown).toEqual({ [ONE]: 1, [TWO]: 1 });
    health.show('down', { shard: ONE, partitions: [0, 1] });
    health.show('up', { shard: ONE, partitions: [1] });
    expect(shown).toEqual({ [ONE]: 0, [TWO]: 1 });
    health.show('up', { shard: ONE, partitions: [0] });
    expect(shown).toEqual({ [ONE]: 1, [TWO]: 1 });
  });

  it('goes with the last partition, to whoever has it then', () => {
    health.show('up', { shard: ONE, partitions: [0, 1] });
    health.show('down', { shard: ONE, partitions: [0, 1] });
    health.show('up', { shard: TWO, partitions: [0] });
    expect(shown).toEqual({ [ONE]: 0, [TWO]: 1 });
    health.show('up', { shard: TWO, partitions: [1] });
    expect(shown).toEqual({ [TWO]: 1 });
  });
});
