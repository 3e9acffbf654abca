import { Socket } from 'node:net';
import { afterEach, beforeAll, expect, it, vi } from 'vitest';
import { RedisCluster } from '../support/redis-cluster.ts';
import { range, request } from '../support/requests.ts';

const MESSAGES = 500;

let cluster: RedisCluster;
beforeAll(async () => {
  cluster = await RedisCluster.start();
  return () => cluster[Symbol.asyncDispose]();
});
afterEach(() => {
  vi.restoreAllMocks();
});

it('hands the system all that one turn of the loop has for Redis in one call, and in its order', async () => {
  const { broker } = (await cluster.startNode()).backplane;
  await broker.publish(request('pit', 'first'));
  // A socket has the one for a single piece and the other for several: https://nodejs.org/api/stream.html#writable_writevchunks-callback
  const single = vi.spyOn(Socket.prototype, '_write');
  const several = vi.spyOn(Socket.prototype, '_writev' as '_write');
  const answers = Promise.all(range(1, MESSAGES).map((i) => broker.publish(request('pit', String(i)))));
  await new Promise((resolve) => setImmediate(resolve));
  expect([single.mock.calls.length, several.mock.calls.length]).toEqual([0, 1]);
  const published = await answers;
  expect(published.map(({ position }) => position.seq)).toEqual(range(2, MESSAGES + 1));
});

it('sends what is behind a turn without waiting for another', async () => {
  const { broker } = (await cluster.startNode()).backplane;
  for (const i of range(1, 20)) {
    const { position } = await broker.publish(request('den', String(i)));
    expect(position.seq).toBe(i);
  }
});
