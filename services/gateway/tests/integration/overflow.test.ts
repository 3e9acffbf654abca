import { closeCode, RawClient, startGateway, startRedis, type TestRedis, UNLIMITED } from '@outcry/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';

const SLOW = 30;
const ROOM = 'market';
const TEXT = 'x'.repeat(15_000);
/** So little that what is sent between two looks at the sockets is past it, and past what uWebSockets.js keeps. */
const HARD_BYTES = 64 * 1024;

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

it('a gateway outlives many who read nothing in a room that is faster than it looks at them', async () => {
  await using gateway = await startGateway({
    ...UNLIMITED,
    redisUrl: redis.url,
    softBufferBytes: HARD_BYTES / 4,
    hardBufferBytes: HARD_BYTES,
    historyBytes: HARD_BYTES / 4,
  });
  const arrive = async (): Promise<RawClient> => {
    const client = await RawClient.connect({ url: gateway.url, encoding: 'msgpack' });
    await client.expectAnswer('joined', { type: 'join', room: ROOM, history: 0, echo: false });
    return client;
  };
  const publisher = await arrive();
  const metric = async (name: string): Promise<number> => {
    const text = await (await fetch(`${gateway.internalUrl}/metrics`)).text();
    const line = text.split('\n').find((one) => one.startsWith(`${name} `));
    return Number(line?.slice(name.length) ?? 0);
  };
  const { code } = closeCode('slowConsumer');
  // A look at the sockets may come first for all of them; then others take their places.
  for (let gone = SLOW; (await metric('outcry_gateway_overflows_total')) === 0; gone += SLOW) {
    const slow = await Promise.all(Array.from({ length: SLOW }, arrive));
    for (const { socket } of slow) socket.pause();
    while ((await metric(`outcry_gateway_closes_total{code="${String(code)}"}`)) < gone) {
      publisher.sendAtOnce(Array.from({ length: 100 }, () => ({ type: 'publish', room: ROOM, data: TEXT })));
      await publisher.expectAnswer('ack', { type: 'publish', room: ROOM, data: TEXT });
    }
    for (const { socket } of slow) socket.resume();
    const codes = await Promise.all(slow.map(async (client) => (await client.closed).code));
    // Who reads before its time is over is told why; the others are cut.
    for (const one of codes) expect([code, 1006]).toContain(one);
  }
  await publisher.expectAnswer('pong', { type: 'ping' });
});
