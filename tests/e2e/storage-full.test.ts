import { hasRedisServer, RawClient, readHealth, RedisProcess, startGateway, startPublisher } from '@outcry/testkit';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { metricOf } from '../metrics.ts';

/** Within which a node must know, and, once there is room again, know that. */
const KNOWN_WITHIN = { timeout: 5000 };
const FULL = 'ok, but storage is full';

describe.runIf(hasRedisServer())('a Redis that is full', () => {
  let redis: RedisProcess;
  let admin: Redis;
  const clients: RawClient[] = [];

  beforeAll(async () => {
    redis = await RedisProcess.start();
    admin = new Redis(redis.url);
  });
  afterAll(async () => {
    admin.disconnect();
    await redis[Symbol.asyncDispose]();
  });

  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
  });

  async function connect(url: string, user: string): Promise<RawClient> {
    const client = await RawClient.connect({ url, encoding: 'json', token: user });
    clients.push(client);
    return client;
  }

  async function readyz(internalUrl: string): Promise<string> {
    const { status, summary } = await readHealth(internalUrl);
    expect(status).toBe(200);
    return summary;
  }

  it('lets gateways and publishers start and serve what they can, refuses messages in words, and heals by itself', async () => {
    await using early = await startGateway({ redisUrl: redis.url });
    const ann = await connect(early.url, 'ann');
    await ann.expectAnswer('joined', { type: 'join', room: 'pit' });
    await ann.expectAnswer('ack', { type: 'publish', room: 'pit', data: 'before' });

    await admin.config('SET', 'maxmemory', '1');
    await expect.poll(() => readyz(early.internalUrl), KNOWN_WITHIN).toBe(FULL);
    const { checks } = await readHealth(early.internalUrl);
    expect(checks.filter(({ ok }) => !ok)).toMatchObject([{ name: 'storage', reason: 'storage is full' }]);
    const part = `redis://${new URL(redis.url).host}`;
    expect(checks).toContainEqual(expect.objectContaining({ name: 'shard', ok: true, part }));
    expect(await metricOf(early, 'outcry_gateway_broker_writable')).toBe(0);
    expect(await metricOf(early, 'outcry_gateway_broker_up')).toBe(1);
    expect(await metricOf(early, 'outcry_gateway_broker_eviction_policy{policy="noeviction"}')).toBe(1);

    await using late = await startGateway({ redisUrl: redis.url });
    expect(await readyz(late.internalUrl)).toBe(FULL);
    await using _publisher = await startPublisher({
      redisUrl: redis.url,
      feed: { source: 'simulator', symbols: 'BTCUSDT' },
    });
    const bob = await connect(late.url, 'bob');
    const join = { type: 'join', room: 'pit', history: 5, presence: true } as const;
    expect(await bob.expectAnswer('joined', join)).toMatchObject({ members: 2 });
    await bob.next({ type: 'message', room: 'pit', data: 'before' });
    await bob.expectAnswer('joined', { type: 'join', room: 'new', history: 5 });
    await bob.expectAnswer('ack', { type: 'subscribe', symbol: 'BTCUSDT', depth: 10, interval: 100 });
    await bob.next({ type: 'snapshot', symbol: 'BTCUSDT' });
    await bob.next({ type: 'delta', symbol: 'BTCUSDT' });
    for (const room of ['pit', 'new', '@somebody']) {
      expect(await bob.expectAnswer('error', { type: 'publish', room, data: 'full' })).toMatchObject({
        code: 'unavailable',
        message: 'nothing can be stored now (storage is full); try again later',
        retryable: true,
      });
    }

    await admin.config('SET', 'maxmemory', '0');
    for (const gateway of [early, late]) {
      await expect.poll(() => readyz(gateway.internalUrl), KNOWN_WITHIN).toBe('ok');
      expect(await metricOf(gateway, 'outcry_gateway_broker_writable')).toBe(1);
    }
    await bob.expectAnswer('ack', { type: 'publish', room: 'pit', data: 'after' });
    await ann.next({ type: 'message', room: 'pit', data: 'after' });
    await bob.expectAnswer('ack', { type: 'publish', room: 'new', data: 'first' });
    await bob.next({ type: 'message', room: 'new', data: 'first' });
  });

  it('lets a gateway start and show what is stored where nothing is taken at all', async () => {
    await admin.flushall();
    await using early = await startGateway({ redisUrl: redis.url });
    const ann = await connect(early.url, 'ann');
    await ann.expectAnswer('joined', { type: 'join', room: 'pit', presence: true });
    await ann.expectAnswer('ack', { type: 'publish', room: 'pit', data: 'before' });
    await admin.config('SET', 'min-replicas-to-write', '1');
    const words = 'storage is read-only: it has too few replicas';
    await expect.poll(() => readyz(early.internalUrl), KNOWN_WITHIN).toBe(`ok, but ${words}`);
    await using late = await startGateway({ redisUrl: redis.url });
    const bob = await connect(late.url, 'bob');
    expect(await bob.expectAnswer('joined', { type: 'join', room: 'pit', history: 5, presence: true })).toMatchObject({
      members: 1,
      seq: 0,
    });
    await bob.next({ type: 'message', room: 'pit', data: 'before' });
    expect(await bob.expectAnswer('error', { type: 'publish', room: 'pit', data: 'no' })).toMatchObject({
      code: 'unavailable',
      message: `nothing can be stored now (${words}); try again later`,
    });
    await admin.config('SET', 'min-replicas-to-write', '0');
    await expect.poll(() => readyz(late.internalUrl), KNOWN_WITHIN).toBe('ok');
    await bob.expectAnswer('ack', { type: 'publish', room: 'pit', data: 'after' });
    await ann.next({ type: 'message', room: 'pit', data: 'after' });
    await ann.next({ type: 'member', room: 'pit', user: 'bob', change: 'joined', count: 2 });
  });
});
