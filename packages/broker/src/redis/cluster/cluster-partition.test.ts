import { afterEach, describe, expect, it, vi } from 'vitest';
import type { BrokerStatus } from '../../status.ts';
import { ClusterPartition, type ClusterPartitionPort } from './cluster-partition.ts';
import type { Shard } from '../shard/shard.ts';

const CHANNEL = 'outcry:{aa}:room/pit';

/** A server that acknowledges what it is asked for, until somebody takes it back. */
function shardThatHears(): { readonly shard: Shard; readonly acknowledged: Set<string> } {
  const acknowledged = new Set<string>();
  const shard = {
    isUp: true,
    listener: { acknowledgedChannels: acknowledged },
    subscriber: {
      subscribe: (channels: readonly string[]): Promise<void> => {
        for (const channel of channels) acknowledged.add(channel);
        return Promise.resolve();
      },
    },
  };
  return { shard: shard as unknown as Shard, acknowledged };
}

function partitionAt(
  owner: Shard,
  catchUp: ClusterPartitionPort['catchUp'],
  handleStatus: (status: BrokerStatus) => void = () => undefined,
): ClusterPartition {
  const partition = new ClusterPartition(
    0,
    { owner, isOwn: () => true },
    { inTurn: (_, task) => task(), catchUp, handleStatus, handleFault: () => undefined },
  );
  partition.channels.add(CHANNEL);
  return partition;
}

it('is not whole before its channels are still acknowledged behind what was read', async () => {
  const { shard, acknowledged } = shardThatHears();
  let reads = 0;
  const partition = partitionAt(shard, () => {
    reads += 1;
    // The slot is away for a moment, while the first is read.
    if (reads === 1) acknowledged.delete(CHANNEL);
    return Promise.resolve();
  });
  await partition.prepare();
  partition.begin();
  partition.handleStalled();
  await expect.poll(() => partition.isWhole && reads > 0).toBe(true);
  expect([...acknowledged]).toEqual([CHANNEL]);
  expect(reads).toBe(2);
  partition.close();
});

it('hears the server that its slot is on its way to again, whatever that one has taken back', async () => {
  const { shard: owner } = shardThatHears();
  const { shard, acknowledged } = shardThatHears();
  let reads = 0;
  const partition = partitionAt(owner, () => {
    reads += 1;
    if (reads === 1) acknowledged.delete(CHANNEL);
    return Promise.resolve();
  });
  await partition.prepare();
  partition.begin();
  partition.import(shard);
  await expect.poll(() => [reads, ...acknowledged]).toEqual([2, CHANNEL]);

  acknowledged.delete(CHANNEL);
  partition.verify(shard, acknowledged);
  await expect.poll(() => [reads, ...acknowledged]).toEqual([3, CHANNEL]);
  expect(partition.isWhole).toBe(true);
  partition.close();
});

describe('what is told of one that is not whole', () => {
  const { shard: one } = shardThatHears();
  const { shard: other } = shardThatHears();
  afterEach(() => {
    vi.useRealTimers();
  });

  async function begin(): Promise<{
    partition: ClusterPartition;
    told: BrokerStatus[];
    endReading: () => Promise<void>;
  }> {
    vi.useFakeTimers();
    const told: BrokerStatus[] = [];
    let end = (): void => undefined;
    const catchUp = (): Promise<void> => new Promise((resolve) => (end = resolve));
    const partition = partitionAt(one, catchUp, (status) => told.push(status));
    await partition.prepare();
    partition.begin();
    const endReading = async (): Promise<void> => {
      end();
      await vi.advanceTimersByTimeAsync(0);
    };
    return { partition, told, endReading };
  }

  it('is nothing where it has moved, and is whole again within a second', async () => {
    const { partition, told, endReading } = await begin();
    partition.moveTo(other);
    await vi.advanceTimersByTimeAsync(999);
    expect(told).toEqual(['up']);
    await endReading();
    await vi.advanceTimersByTimeAsync(60_000);
    // Once more, of the other server.
    expect(told).toEqual(['up', 'up']);
    partition.close();
  });

  it('is that it is down, where that takes longer', async () => {
    const { partition, told, endReading } = await begin();
    partition.moveTo(other);
    await vi.advanceTimersByTimeAsync(1000);
    expect(told).toEqual(['up', 'down']);
    await endReading();
    expect(told).toEqual(['up', 'down', 'up']);
    partition.close();
  });

  it('is that it is down, at once and only once, where its server is lost', async () => {
    const { partition, told, endReading } = await begin();
    partition.handleLost();
    expect(told).toEqual(['up', 'down']);
    await vi.advanceTimersByTimeAsync(2000);
    await endReading();
    expect(told).toEqual(['up', 'down', 'up']);
    partition.close();
  });
});
