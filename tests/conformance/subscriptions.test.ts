import type { RawClient, ServerFrameOf } from '@outcry/testkit';
import { describe, expect, test } from 'vitest';

import { ENCODINGS, settle } from './support/clients.ts';
import { openWithBooks } from './support/open-with-books.ts';
import { RawBook } from './support/raw-book.ts';
import { OWNS_SERVER, useTarget } from './support/target.ts';

const target = useTarget({ feed: { symbols: 'BTCUSDT,ETHUSDT', rate: 200 }, settings: { maxSubscriptions: 3 } });
const SYMBOLS = ['BTCUSDT', 'ETHUSDT'];
const CHOICE = { depth: 10, interval: 100 };
const FRAME_DEADLINE_MS = 20_000;

describe.runIf(OWNS_SERVER).each(ENCODINGS)('subscribing to several symbols, %s', (encoding) => {
  test('is answered with results, then a snapshot of each, then deltas', async () => {
    const client = await openWithBooks(target.url, encoding);
    const answer = await client.expectAnswer('results', { type: 'subscribe', symbols: SYMBOLS, ...CHOICE });
    expect(answer.results).toEqual(SYMBOLS.map((symbol) => ({ symbol })));
    for (const symbol of SYMBOLS) {
      const snapshot = await client.next({ type: 'snapshot', symbol }, FRAME_DEADLINE_MS);
      expect(client.received.indexOf(answer)).toBeLessThan(client.received.indexOf(snapshot));
      expect(snapshot).toMatchObject(CHOICE);
      new RawBook(snapshot).apply(await client.next({ type: 'delta', symbol }, FRAME_DEADLINE_MS));
    }
  });

  test('says with the first symbol that does not exist which there are, and watches the others', async () => {
    const client = await openWithBooks(target.url, encoding);
    const symbols = ['NOSUCH', 'BTCUSDT', 'btcusdt', '', 'BTCUSDT'];
    const { results } = await client.expectAnswer('results', { type: 'subscribe', symbols, ...CHOICE });
    expect(results.map(({ symbol }) => symbol)).toEqual(['NOSUCH', 'BTCUSDT', 'btcusdt', '']);
    for (const { symbol, error } of results) {
      if (symbol === 'BTCUSDT') {
        expect(error).toBeUndefined();
      } else {
        expect(error).toMatchObject({ code: 'unknownSymbol', retryable: false });
        for (const choice of SYMBOLS.filter((name) => name !== symbol)) {
          expect(error?.message.includes(choice)).toBe(symbol === 'NOSUCH');
        }
      }
    }
    await client.next({ type: 'snapshot', symbol: 'BTCUSDT' }, FRAME_DEADLINE_MS);
  });

  test.each([
    ['depth', { depth: 7, interval: 100 }, ['0', '1', '10', '25', '50', '100']],
    ['interval', { depth: 10, interval: 33 }, ['0', '100', '250', '1000', '2000']],
  ])('says with the first which choices of %s there are', async (_, choice, choices) => {
    const client = await openWithBooks(target.url, encoding);
    const { results } = await client.expectAnswer('results', { type: 'subscribe', symbols: SYMBOLS, ...choice });
    expect(results.map(({ symbol }) => symbol)).toEqual(SYMBOLS);
    for (const { error } of results) expect(error?.code).toBe('unknownSymbol');
    const [first, ...others] = results.map(({ error }) => error?.message ?? '');
    expect(first?.split(/[ ,]+/)).toEqual(expect.arrayContaining(choices));
    for (const message of others) expect(message).toBe(first?.slice(0, first.indexOf(';')));
  });

  test('refuses those past the limit, one by one', async () => {
    const client = await openWithBooks(target.url, encoding);
    await client.expectAnswer('results', { type: 'subscribe', symbols: SYMBOLS, ...CHOICE });
    const { results } = await client.expectAnswer('results', {
      type: 'subscribe',
      symbols: SYMBOLS,
      ...CHOICE,
      depth: 1,
    });
    expect(results).toMatchObject([{ symbol: 'BTCUSDT' }, { symbol: 'ETHUSDT', error: { code: 'limitReached' } }]);
    expect(results[0]?.error).toBeUndefined();
  });

  test.each(['subscribe', 'unsubscribe'])('needs symbol or symbols, and not both: %s', async (type) => {
    const client = await openWithBooks(target.url, encoding);
    for (const names of [{}, { symbol: 'BTCUSDT', symbols: SYMBOLS }, { symbols: [] }]) {
      const { code } = await client.expectAnswer('error', { type, ...names, ...CHOICE });
      expect(code).toBe('badRequest');
    }
  });

  test('ends with an unsubscribe that names several, which says what was not watched', async () => {
    const client = await openWithBooks(target.url, encoding);
    await client.expectAnswer('ack', { type: 'subscribe', symbol: 'BTCUSDT', ...CHOICE });
    const { results } = await client.expectAnswer('results', { type: 'unsubscribe', symbols: SYMBOLS, ...CHOICE });
    expect(results).toMatchObject([{ symbol: 'BTCUSDT' }, { symbol: 'ETHUSDT', error: { code: 'notJoined' } }]);
    const count = client.received.filter(({ type }) => type === 'delta').length;
    await settle(client);
    expect(client.received.filter(({ type }) => type === 'delta')).toHaveLength(count);
  });

  test('is answered although it is subscribed to again before its answer', async () => {
    const client = await openWithBooks(target.url, encoding);
    client.send({ type: 'subscribe', id: 'first', symbol: 'BTCUSDT', ...CHOICE });
    client.send({ type: 'subscribe', id: 'second', symbol: 'BTCUSDT', ...CHOICE });
    await client.next({ type: 'ack', id: 'first' }, FRAME_DEADLINE_MS);
    await client.next({ type: 'ack', id: 'second' }, FRAME_DEADLINE_MS);
    await client.next('snapshot', FRAME_DEADLINE_MS);
  });
});

describe.runIf(OWNS_SERVER).each(ENCODINGS)('checksums, %s', (encoding) => {
  test.each([
    [1, 100],
    [10, 0],
    [25, 100],
    [0, 0],
  ])('are of what a client holds who applies every delta, at depth %i and interval %i', async (depth, interval) => {
    const client = await openWithBooks(target.url, encoding);
    const snapshot = await subscribe(client, { depth, interval, checksum: true });
    const book = new RawBook(snapshot);
    expect(snapshot.checksum).toBe(book.checksum());
    const seen = new Set<number>();
    for (let i = 0; i < 10; i++) {
      const delta = await client.next('delta', FRAME_DEADLINE_MS);
      book.apply(delta);
      expect(delta.checksum).toBe(book.checksum());
      seen.add(book.checksum());
    }
    expect(seen.size).toBeGreaterThan(1);
  });

  test('come to those who asked for them, and to nobody else in the same class', async () => {
    const [checked, plain] = await Promise.all([
      openWithBooks(target.url, encoding),
      openWithBooks(target.url, encoding),
    ]);
    const [, { seq: begin }] = await Promise.all([
      subscribe(checked, { ...CHOICE, checksum: true }),
      subscribe(plain, { ...CHOICE, checksum: false }),
    ]);
    for (let i = 0; i < 3; i++) {
      const delta = await checked.nextWhere((frame) => frame.type === 'delta' && frame.seq > begin, {
        what: 'delta behind the snapshot of the other',
      });
      if (delta.type !== 'delta') throw new Error('unreachable');
      const same = await plain.next({ type: 'delta', seq: delta.seq }, FRAME_DEADLINE_MS);
      expect(same).toEqual({ ...delta, checksum: undefined });
    }
    expect(plain.received.some((frame) => 'checksum' in frame)).toBe(false);
  });

  test('go and come with a subscription to the same class', async () => {
    const client = await openWithBooks(target.url, encoding);
    expect((await subscribe(client, CHOICE)).checksum).toBeUndefined();
    expect((await subscribe(client, { ...CHOICE, checksum: true })).checksum).toBeTypeOf('number');
    const delta = await client.nextWhere((frame) => frame.type === 'delta' && frame.checksum !== undefined, {
      what: 'delta with a checksum',
    });
    expect(delta).toMatchObject(CHOICE);
    expect((await subscribe(client, CHOICE)).checksum).toBeUndefined();
  });

  async function subscribe(
    client: RawClient,
    choice: { depth: number; interval: number; checksum?: boolean },
  ): Promise<ServerFrameOf<'snapshot'>> {
    await client.expectAnswer('ack', { type: 'subscribe', symbol: 'BTCUSDT', ...choice });
    return client.next('snapshot', FRAME_DEADLINE_MS);
  }
});
