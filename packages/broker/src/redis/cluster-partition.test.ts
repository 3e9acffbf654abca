import { expect, it } from 'vitest';
import { ClusterPartition } from './cluster-partition.ts';
import type { Shard } from './shard.ts';

const CHANNEL = 'outcry:{aa}:room/pit';

it('is not whole before its channels are still acknowledged behind what was read', async () => {
  const acknowledged = new Set<string>();
  const owner = {
    isUp: true,
    listener: { acknowledgedChannels: acknowledged },
    subscriber: {
      subscribe: (channels: readonly string[]): Promise<void> => {
        for (const channel of channels) acknowledged.add(channel);
        return Promise.resolve();
      },
    },
  } as unknown as Shard;
  let reads = 0;
  const partition = new ClusterPartition(
    0,
    { owner, isOwn: () => true },
    {
      inTurn: (_, task) => task(),
      catchUp: () => {
        reads += 1;
        // The slot is away for a moment, while the first is read.
        if (reads === 1) acknowledged.delete(CHANNEL);
        return Promise.resolve();
      },
      handleStatus: () => undefined,
      handleFault: () => undefined,
    },
  );
  partition.channels.add(CHANNEL);
  await partition.prepare();
  partition.begin();
  partition.handleStalled();
  await expect.poll(() => partition.isWhole && reads > 0).toBe(true);
  expect([...acknowledged]).toEqual([CHANNEL]);
  expect(reads).toBe(2);
  partition.close();
});
