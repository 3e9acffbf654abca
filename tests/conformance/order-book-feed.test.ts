import { closeCode, type RawClient } from '@outcry/testkit';
import { describe, expect, test } from 'vitest';

import { connect, connectSocket, ENCODINGS } from './support/clients.ts';
import { OWNS_SERVER, useTarget } from './support/target.ts';

const target = useTarget({ feed: { symbols: 'BTCUSDT,ETHUSDT', rate: 200 } });
const FRAME_DEADLINE_MS = 20_000;

describe.runIf(OWNS_SERVER).each(ENCODINGS)('/orderbookfeed, %s', (encoding) => {
  test('sends a snapshot at once, then one each interval, and nothing else', async () => {
    const startedAt = performance.now();
    const client = await watch('symbol=BTCUSDT&depth=10&interval=250');
    let seq = -1;
    for (let i = 0; i < 5; i++) {
      const snapshot = await client.next('snapshot', FRAME_DEADLINE_MS);
      expect(snapshot).toMatchObject({ symbol: 'BTCUSDT', depth: 10, interval: 250 });
      expect(snapshot.bids).toHaveLength(10);
      expect(snapshot.seq).toBeGreaterThanOrEqual(seq);
      seq = snapshot.seq;
    }
    expect(client.received.every(({ type }) => type === 'snapshot')).toBe(true);
    // The first came at once; between the second and the fifth lie three intervals, less what timers take from them.
    expect(performance.now() - startedAt).toBeGreaterThan(3 * 250 * 0.95);
  });

  test('has depth 25 and interval 2000 where nothing is said', async () => {
    const startedAt = performance.now();
    const client = await watch('symbol=ETHUSDT');
    const snapshot = await client.next('snapshot', FRAME_DEADLINE_MS);
    expect(snapshot).toMatchObject({ symbol: 'ETHUSDT', depth: 25, interval: 2000 });
    for (const _ of [1, 2]) await (await watch('symbol=ETHUSDT')).next('snapshot', FRAME_DEADLINE_MS);
    // If each of them had waited for the next time, two intervals would have passed at least.
    expect(performance.now() - startedAt, 'at once').toBeLessThan(2 * 2000);
    await client.next('snapshot', FRAME_DEADLINE_MS);
    await client.next('snapshot', FRAME_DEADLINE_MS);
    expect(performance.now() - startedAt).toBeGreaterThan(2000);
  });

  test('ignores what the client sends', async () => {
    const client = await watch('symbol=BTCUSDT&depth=1&interval=100');
    client.send({ type: 'ping', id: 1 });
    client.socket.sendText('not a frame');
    client.socket.sendBinary(Buffer.of(0xc1));
    for (let i = 0; i < 3; i++) await client.next('snapshot', FRAME_DEADLINE_MS);
    expect(client.received.every(({ type }) => type === 'snapshot')).toBe(true);
  });

  test('answers pings', async () => {
    const client = await watch('symbol=BTCUSDT');
    client.socket.sendPing(Buffer.from('here'));
    expect((await client.socket.next(['pong'])).bytes.toString()).toBe('here');
  });

  test('closes with tooBig on a frame past the limit', async () => {
    const client = await watch('symbol=BTCUSDT');
    client.socket.sendBinary(Buffer.alloc(16_385));
    const { code, reason } = closeCode('tooBig');
    expect(await client.waitForClose()).toEqual({ code, reason });
  });

  test.each([
    ['a symbol that does not exist', 'symbol=NOSUCH'],
    ['a symbol that is none', 'symbol=btc%20usdt'],
    ['no symbol', 'depth=10'],
    ['a depth that does not exist', 'symbol=BTCUSDT&depth=7'],
    ['a depth that is no number', 'symbol=BTCUSDT&depth=ten'],
    ['an interval that does not exist', 'symbol=BTCUSDT&interval=33'],
  ])('closes with unknownSymbol where it is asked for %s', async (_, query) => {
    const client = await connect({ url: `${target.feedUrl}?${query}`, encoding });
    const { code, reason } = closeCode('unknownSymbol');
    expect(await client.waitForClose()).toEqual({ code, reason });
    expect(client.received).toEqual([]);
  });

  function watch(query: string): Promise<RawClient> {
    return connect({ url: `${target.feedUrl}?${query}`, encoding });
  }
});

describe.runIf(OWNS_SERVER)('/orderbookfeed', () => {
  test('sends JSON where no subprotocol is offered', async () => {
    const socket = await connectSocket({ url: `${target.feedUrl}?symbol=BTCUSDT` });
    const { kind, bytes } = await socket.next();
    expect(kind).toBe('text');
    expect(JSON.parse(bytes.toString())).toMatchObject({ type: 'snapshot', symbol: 'BTCUSDT' });
  });

  test('refuses unknown subprotocols with HTTP 400', async () => {
    const attempt = connectSocket({ url: `${target.feedUrl}?symbol=BTCUSDT`, subprotocols: ['chat'] });
    await expect(attempt).rejects.toMatchObject({ response: { status: 400 } });
  });
});
