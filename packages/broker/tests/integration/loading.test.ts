import { FaultProxy } from '@outcry/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { RedisCluster } from '../support/redis-cluster.ts';

let cluster: RedisCluster;
beforeAll(async () => {
  cluster = await RedisCluster.start();
});
afterAll(async () => {
  await cluster[Symbol.asyncDispose]();
});

/** Lines of INFO, and what a Redis says in their place that loads its data and expects to do so for a minute. Of equal length. */
const LOADING = [
  ['\r\nloading:0\r\n', '\r\nloading:1\r\n'],
  ['\r\ncurrent_cow_size_age:0\r\n', '\r\nloading_eta_seconds:60\r\n'],
] as const;

/** Than it had expected to, and long for a machine that is busy. */
const SOONER_MS = 30_000;

function createLoadingFilter(onInfo: () => void): () => (piece: Buffer) => Buffer {
  return () => (piece) => {
    let text = piece.toString('latin1');
    if (text.includes(LOADING[0][0])) onInfo();
    for (const [said, instead] of LOADING) text = text.replace(said, instead);
    return Buffer.from(text, 'latin1');
  };
}

it('finds a Redis that has loaded its data sooner than that had expected to', async () => {
  await using proxy = await FaultProxy.start(cluster.redis);
  const { recorder } = await cluster.startNode({ url: `redis://127.0.0.1:${String(proxy.port)}` });
  let asked = 0;
  const createFilter = createLoadingFilter(() => {
    asked += 1;
  });
  proxy.inflict({ toClient: { createFilter } });
  proxy.dropConnections();
  // Both connections, and once more each.
  await recorder.until(() => asked >= 4);
  expect(recorder.statuses.at(-1)).toBe('down');
  proxy.heal();
  await recorder.until(() => recorder.statuses.at(-1) === 'up', SOONER_MS);
});
