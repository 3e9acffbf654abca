import { expect, it } from 'vitest';
import { PARTITION_COUNT, partitionOf } from '../../partition.ts';
import { KeySpace } from '../keys.ts';
import { ShardPartitions } from './shard-partitions.ts';

const KEYS = new KeySpace('test');
const ALL = Array.from({ length: PARTITION_COUNT }, (_, partition) => partition);
const probePartitionOf = ({ probeKey }: ShardPartitions): number | undefined =>
  probeKey === undefined ? undefined : KEYS.partitionIn(probeKey);

it('has what lies in its partitions, and nothing else', () => {
  const own = partitionOf('lobby');
  const partitions = new ShardPartitions(KEYS, [own]);
  expect(partitions.holds('lobby')).toBe(true);
  partitions.replace(ALL.filter((partition) => partition !== own));
  expect(partitions.holds('lobby')).toBe(false);
  expect(partitions.numbers).toHaveLength(PARTITION_COUNT - 1);
});

it('has a name of its own in one of them, that no other shard has', () => {
  const [one, other] = [new ShardPartitions(KEYS, [7]), new ShardPartitions(KEYS, [7])];
  expect(probePartitionOf(one)).toBe(7);
  expect(one.probeKey).not.toBe(other.probeKey);
});

it('keeps that name while it has its partition, and has another one behind that', () => {
  const partitions = new ShardPartitions(KEYS, [7]);
  const { probeKey } = partitions;
  partitions.replace(ALL);
  expect(partitions.probeKey).toBe(probeKey);
  partitions.replace([3]);
  expect(probePartitionOf(partitions)).toBe(3);
});

it('has another name in them where the first one is of no use', () => {
  const partitions = new ShardPartitions(KEYS, [7]);
  const { probeKey } = partitions;
  partitions.renewProbeKey();
  expect(partitions.probeKey).not.toBe(probeKey);
  expect(probePartitionOf(partitions)).toBe(7);
});

it('has no name where it has no partition, until it is given one', () => {
  const partitions = new ShardPartitions(KEYS, []);
  expect(partitions.probeKey).toBeUndefined();
  partitions.replace([5]);
  expect(probePartitionOf(partitions)).toBe(5);
});
