import { setImmediate as settled } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { StatusGroups } from './status-groups.ts';

describe('statuses of partitions', () => {
  let told: string[];
  let groups: StatusGroups;
  beforeEach(() => {
    told = [];
    groups = new StatusGroups((status, { shard, partitions }) => told.push(`${status} ${shard} ${partitions.join()}`));
  });

  it('are told together where they change in one turn', async () => {
    for (const partition of [1, 2, 3]) groups.add('up', partition === 2 ? 'b' : 'a', partition);
    expect(told).toEqual([]);
    await settled();
    expect(told).toEqual(['up a 1,3', 'up b 2']);
  });

  it('of one partition are told in their order', async () => {
    groups.add('down', 'a', 1);
    groups.add('down', 'a', 2);
    groups.add('up', 'b', 1);
    expect(told).toEqual(['down a 1,2']);
    await settled();
    expect(told).toEqual(['down a 1,2', 'up b 1']);
  });

  it('are told at once where that is asked for, and not again', async () => {
    groups.add('down', 'a', 1);
    groups.flush();
    await settled();
    expect(told).toEqual(['down a 1']);
  });
});
