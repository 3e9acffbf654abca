import { hasRedisServer, RawClient, RedisSentinels, startGateway, startPublisher, uniquePrefix } from '@outcry/testkit';
import { describe, expect, it } from 'vitest';

import { watchBook } from './support/watch-book.ts';

const DEADLINE_MS = 60_000;

/** Issue 16. */
describe.runIf(hasRedisServer())('gateway and publisher behind sentinels', () => {
  it('go on with rooms and books behind the failover of a primary that dies', async () => {
    await using group = await RedisSentinels.start();
    const shared = { redisUrl: group.url, redisPrefix: uniquePrefix() };
    await using gateway = await startGateway(shared);
    await using _publisher = await startPublisher({ ...shared, feed: { symbols: 'BTCUSDT' } });
    const client = await RawClient.connect({ url: gateway.url, encoding: 'json' });
    await client.next('welcome');
    await client.expectAnswer('joined', { type: 'join', room: 'floor' });
    await watchBook(client, { symbol: 'BTCUSDT', depth: 1, interval: 100 });

    const old = await group.primary();
    await old.kill();
    await client.next('stale', DEADLINE_MS);
    await group.untilFailedOver(old);
    await client.next('fresh', DEADLINE_MS);
    const { at } = await client.expectAnswer('pong', { type: 'ping' });
    await client.nextWhere((frame) => (frame.type === 'snapshot' || frame.type === 'delta') && frame.at > at, {
      what: 'a frame of the book',
      deadlineMs: DEADLINE_MS,
    });
    await client.expectAnswer('ack', { type: 'publish', room: 'floor', data: 'to everybody' });
    expect(await client.next('message')).toMatchObject({ data: 'to everybody' });
    await client.close();
  });
});
