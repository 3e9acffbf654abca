import { describe, expect, it } from 'vitest';
import { PARTITION_COUNT, partitionOf } from './partition.ts';
import { PartitionStatus } from './partition-status.ts';

const of = (name: string): readonly number[] => [partitionOf(name)];

describe('PartitionStatus', () => {
  it('is what it was begun with until it is told', () => {
    expect([new PartitionStatus('up').upShare, new PartitionStatus('down').upShare]).toEqual([1, 0]);
    expect([new PartitionStatus('up').of('lobby'), new PartitionStatus('down').of('lobby')]).toEqual(['up', 'down']);
  });

  it('is that of each partition by itself, however often the same is told', () => {
    const status = new PartitionStatus('up');
    status.show('down', { partitions: of('lobby') });
    status.show('down', { partitions: of('lobby') });
    expect([status.of('lobby'), status.of('@all')]).toEqual(['down', 'up']);
    expect(status.upShare).toBe(1 - 1 / PARTITION_COUNT);
    status.show('up', { partitions: [...of('lobby'), ...of('@all')] });
    expect([status.of('lobby'), status.upShare]).toEqual(['up', 1]);
  });
});
