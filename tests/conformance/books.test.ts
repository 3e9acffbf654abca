import { monitorEventLoopDelay } from 'node:perf_hooks';

import type { ServerFrameOf, WireLevel, WireServerFrame } from '@outcry/testkit';
import { describe, expect, test } from 'vitest';

import { ENCODINGS, settle } from './support/clients.ts';
import { openWithBooks } from './support/open-with-books.ts';
import { RawBook } from './support/raw-book.ts';
import { OWNS_SERVER, useTarget } from './support/target.ts';

const target = useTarget({ feed: { symbols: 'BTCUSDT,ETHUSDT', rate: 200 } });
const SYMBOL = 'BTCUSDT';
const DEPTHS = [0, 1, 10, 25, 50, 100];
const INTERVALS = [0, 100, 250, 1000, 2000];
/** Longer than the longest interval. */
const FRAME_DEADLINE_MS = 20_000;
/** Timers run a little early now and then. */
const TIMER_ACCURACY = 0.95;

describe.runIf(OWNS_SERVER).each(ENCODINGS)('books, %s', (encoding) => {
  test('are listed with their scales, depths and intervals', async () => {
    const client = await openWithBooks(target.url, encoding);
    const { instruments } = await client.expectAnswer('ack', { type: 'symbols' });
    expect(instruments?.map(({ symbol }) => symbol).sort()).toEqual(['BTCUSDT', 'ETHUSDT']);
    for (const instrument of instruments ?? []) {
      expect([...instrument.depths].sort((a, b) => a - b)).toEqual(DEPTHS);
      expect([...instrument.intervals].sort((a, b) => a - b)).toEqual(INTERVALS);
    }
  });

  test('begin with an ack, then a snapshot, then deltas that follow each other', async () => {
    const client = await openWithBooks(target.url, encoding);
    const ack = await client.expectAnswer('ack', subscribe(10, 100));
    const snapshot = await client.next('snapshot', FRAME_DEADLINE_MS);
    expect(snapshot).toMatchObject({ symbol: SYMBOL, depth: 10, interval: 100 });
    expect(client.received.indexOf(ack)).toBeLessThan(client.received.indexOf(snapshot));
    let seq = snapshot.seq;
    for (let i = 0; i < 5; i++) {
      const delta = await client.next('delta', FRAME_DEADLINE_MS);
      expect(delta).toMatchObject({ symbol: SYMBOL, depth: 10, interval: 100, prev: seq });
      expect(delta.seq).toBeGreaterThan(seq);
      expect(delta.bids.length + delta.asks.length).toBeGreaterThan(0);
      seq = delta.seq;
    }
  });

  test.each(DEPTHS)('have at depth %i what a client gets who applies every delta', async (depth) => {
    const client = await openWithBooks(target.url, encoding);
    await client.expectAnswer('ack', subscribe(depth, 100));
    const book = new RawBook(await client.next('snapshot', FRAME_DEADLINE_MS));
    const seen: number[] = [];
    for (let i = 0; i < 8; i++) {
      book.apply(await client.next('delta', FRAME_DEADLINE_MS));
      const { bids, asks } = book.view();
      seen.push(bids.length, asks.length);
      expect(bids[0]?.[0]).toBeLessThan(asks[0]?.[0] ?? 0);
    }
    if (depth > 0) expect(Math.max(...seen)).toBeLessThanOrEqual(depth);
    // Every later snapshot is the whole view: it equals what the deltas have made.
    client.send(subscribe(depth, 100));
    for (;;) {
      const frame = await client.nextWhere(({ type }) => type === 'delta' || type === 'snapshot', {
        what: 'delta or snapshot',
        deadlineMs: FRAME_DEADLINE_MS,
      });
      if (frame.type === 'delta') {
        book.apply(frame);
        continue;
      }
      const fresh = frame as ServerFrameOf<'snapshot'>;
      if (fresh.seq === book.seq) expect(new RawBook(fresh).view()).toEqual(book.view());
      else expect(fresh.seq).toBeGreaterThan(book.seq);
      break;
    }
  });

  test.each(INTERVALS)('come at the interval %i', async (interval) => {
    const client = await openWithBooks(target.url, encoding);
    const startedAt = performance.now();
    await client.expectAnswer('ack', subscribe(25, interval));
    const book = new RawBook(await client.next('snapshot', FRAME_DEADLINE_MS));
    for (let i = 0; i < 3; i++) book.apply(await client.next({ type: 'delta', interval }, FRAME_DEADLINE_MS));
    // Two of them have passed whole, however late each delta was seen; less what timers take from them.
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(2 * interval * TIMER_ACCURACY);
  });

  test('give at interval 0 one delta for every delta of the base feed', async () => {
    const client = await openWithBooks(target.url, encoding);
    await client.expectAnswer('ack', subscribe(1, 0));
    const { seq } = await client.next('snapshot', FRAME_DEADLINE_MS);
    for (let i = 1; i <= 10; i++) {
      const delta = await client.next('delta', FRAME_DEADLINE_MS);
      expect([delta.prev, delta.seq]).toEqual([seq + i - 1, seq + i]);
    }
  });

  test('have levels in order, of numbers as the encoding has them', async () => {
    const client = await openWithBooks(target.url, encoding);
    await client.expectAnswer('ack', subscribe(25, 100));
    const { bids, asks, priceScale, sizeScale } = await client.next('snapshot', FRAME_DEADLINE_MS);
    const prices = (side: readonly WireLevel[]): number[] => side.map(([price]) => Number(price));
    expect(prices(bids)).toEqual(prices(bids).toSorted((a, b) => b - a));
    expect(prices(asks)).toEqual(prices(asks).toSorted((a, b) => a - b));
    expect(bids).toHaveLength(25);
    for (const [price, size] of [...bids, ...asks]) {
      expect(typeof price).toBe(encoding === 'json' ? 'string' : 'number');
      if (encoding === 'json') expect([decimals(price), decimals(size)]).toEqual([priceScale, sizeScale]);
      expect(Number(size)).toBeGreaterThan(0);
    }
  });

  test('tell the times of the venue and of the publisher', async () => {
    const client = await openWithBooks(target.url, encoding);
    await client.expectAnswer('ack', subscribe(1, 100));
    for (const type of ['snapshot', 'delta'] as const) {
      const { venueAt, at, venueSeq } = await client.next(type, FRAME_DEADLINE_MS);
      expect(Math.abs(at - Date.now())).toBeLessThan(60_000);
      expect(venueAt).toBeLessThanOrEqual(at + 1000);
      expect(venueSeq).toBeGreaterThan(0);
    }
  });

  test('can be watched in several classes at once, each with a seq of its own', async () => {
    const client = await openWithBooks(target.url, encoding);
    const classes = [
      [1, 100],
      [10, 100],
      [10, 250],
    ] as const;
    for (const [depth, interval] of classes) await client.expectAnswer('ack', subscribe(depth, interval));
    const books = await Promise.all(
      classes.map(
        async ([depth, interval]) =>
          new RawBook(await client.next({ type: 'snapshot', depth, interval }, FRAME_DEADLINE_MS)),
      ),
    );
    for (let i = 0; i < 3; i++) {
      for (const [index, [depth, interval]] of classes.entries()) {
        books[index]?.apply(await client.next({ type: 'delta', depth, interval }, FRAME_DEADLINE_MS));
      }
    }
  });

  test('that are subscribed to again send a fresh snapshot, from which the deltas go on', async () => {
    const client = await openWithBooks(target.url, encoding);
    await client.expectAnswer('ack', subscribe(10, 250));
    const first = await client.next('snapshot', FRAME_DEADLINE_MS);
    await client.expectAnswer('ack', subscribe(10, 250));
    const second = await client.next('snapshot', FRAME_DEADLINE_MS);
    expect(second.epoch).toBe(first.epoch);
    expect(second.seq).toBeGreaterThanOrEqual(first.seq);
    const isBehind = (frame: WireServerFrame): boolean =>
      client.received.indexOf(frame) > client.received.indexOf(second);
    const delta = await client.nextWhere((frame) => frame.type === 'delta' && isBehind(frame), {
      what: 'delta behind the second snapshot',
      deadlineMs: FRAME_DEADLINE_MS,
    });
    expect(delta).toMatchObject({ prev: second.seq });
  });

  test('that are unsubscribed from send nothing more', async () => {
    const client = await openWithBooks(target.url, encoding);
    await client.expectAnswer('ack', subscribe(10, 0));
    await client.next('delta', FRAME_DEADLINE_MS);
    const ack = await client.expectAnswer('ack', { ...subscribe(10, 0), type: 'unsubscribe' });
    const other = await openWithBooks(target.url, encoding);
    await other.expectAnswer('ack', subscribe(10, 0));
    for (let i = 0; i < 3; i++) await other.next('delta', FRAME_DEADLINE_MS);
    await settle(client);
    const after = client.received.slice(client.received.indexOf(ack) + 1);
    expect(after.map(({ type }) => type)).toEqual(['pong']);
  });

  test.each([
    ['a symbol that does not exist', { symbol: 'NOSUCH' }, /BTCUSDT/],
    ['a depth that does not exist', { depth: 7 }, /25/],
    ['an interval that does not exist', { interval: 33 }, /2000/],
  ])('cannot be subscribed to with %s; the message names the choices', async (_, fields, choices) => {
    const client = await openWithBooks(target.url, encoding);
    const answer = await client.expectAnswer('error', { ...subscribe(10, 100), ...fields });
    expect(answer).toMatchObject({ code: 'unknownSymbol', retryable: false });
    expect(answer.message).toMatch(choices);
  });

  test('that are not watched cannot be unsubscribed from', async () => {
    const client = await openWithBooks(target.url, encoding);
    await client.expectAnswer('ack', subscribe(10, 100));
    const request = { ...subscribe(10, 250), type: 'unsubscribe' };
    expect(await client.request(request)).toMatchObject({ type: 'error', code: 'notJoined' });
  });
});

describe.runIf(OWNS_SERVER)('a book that hardly changes', () => {
  const quiet = useTarget({ feed: { symbols: 'BTCUSDT,ETHUSDT', rate: 1 } });

  test.each([
    ['json', 100, 1000],
    ['msgpack', 100, 1000],
    ['json', 2000, 2000],
    ['msgpack', 2000, 2000],
  ] as const)(
    'sends heartbeats with the seq of the last frame of the class, %s at %i ms',
    async (encoding, interval, silenceMs) => {
      const client = await openWithBooks(quiet.url, encoding);
      await client.expectAnswer('ack', subscribe(1, interval));
      let last: { readonly seq: number } = await client.next('snapshot', FRAME_DEADLINE_MS);
      let lastAt = performance.now();
      const lateness = monitorEventLoopDelay();
      lateness.enable();
      for (;;) {
        const frame = await client.nextWhere((candidate) => ['delta', 'heartbeat'].includes(candidate.type), {
          what: 'delta or heartbeat',
          deadlineMs: FRAME_DEADLINE_MS,
        });
        if (frame.type === 'heartbeat') {
          expect(frame).toEqual({ type: 'heartbeat', symbol: SYMBOL, depth: 1, interval, seq: last.seq });
          // What came last may have been seen as much too late as anything was here.
          const lateMs = lateness.max / 1e6;
          expect(performance.now() - lastAt + lateMs).toBeGreaterThan(silenceMs * TIMER_ACCURACY);
          return;
        }
        last = frame as ServerFrameOf<'delta'>;
        lastAt = performance.now();
      }
    },
  );
});

function subscribe(depth: number, interval: number): { type: string; symbol: string; depth: number; interval: number } {
  return { type: 'subscribe', symbol: SYMBOL, depth, interval };
}

function decimals(text: number | string): number {
  return String(text).split('.')[1]?.length ?? 0;
}
