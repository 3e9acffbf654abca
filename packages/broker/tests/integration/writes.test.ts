import { Socket } from 'node:net';
import type { Published } from '../../src/rooms/broker.ts';
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
  vi.useRealTimers();
  vi.restoreAllMocks();
});

it('hands the system all that one turn of the loop has for Redis in one call, and in its order', async () => {
  const { broker } = (await cluster.startNode()).backplane;
  await broker.publish(request('pit', 'first'));
  const writes = countWrites();
  const answers = Promise.all(range(1, MESSAGES).map((i) => broker.publish(request('pit', String(i)))));
  await endTurn();
  expect(writes()).toBe(1);
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

/** Decision 106. */
it('gathers what several turns have for as long as it is told to, and no longer than a millisecond', async () => {
  const { broker, outlet } = (await cluster.startNode()).backplane;
  await broker.publish(request('bay', 'first'));
  const writes = countWrites();
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  outlet?.gatherFor(() => 5);
  const answers: Promise<Published>[] = [];
  for (const i of range(1, 3)) {
    answers.push(broker.publish(request('bay', String(i))));
    await endTurn();
  }
  expect(writes()).toBe(0);
  vi.advanceTimersByTime(1);
  expect(writes()).toBe(1);
  vi.useRealTimers();
  expect((await Promise.all(answers)).map(({ position }) => position.seq)).toEqual([2, 3, 4]);

  outlet?.gatherFor(() => 0);
  const next = broker.publish(request('bay', 'next'));
  await endTurn();
  expect(writes()).toBe(2);
  expect((await next).position.seq).toBe(5);
});

function endTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A socket has a call for a single piece, and one for several: https://nodejs.org/api/stream.html#writable_writevchunks-callback */
function countWrites(): () => number {
  const single = vi.spyOn(Socket.prototype, '_write');
  const several = vi.spyOn(Socket.prototype, '_writev' as '_write');
  return () => single.mock.calls.length + several.mock.calls.length;
}
