import { expect, it } from 'vitest';
import { ClusterPartition, type ClusterPartitionPort } from './cluster-partition.ts';
import type { Shard } from './shard.ts';

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

function partitionAt(owner: Shard, catchUp: ClusterPartitionPort['catchUp']): ClusterPartition {
  const partition = new ClusterPartition(
    0,
    { owner, isOwn: () => true },
    { inTurn: (_, task) => task(), catchUp, handleStatus: () => undefined, handleFault: () => undefined },
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
