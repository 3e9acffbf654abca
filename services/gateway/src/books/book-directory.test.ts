import { createCodecs, Encoding } from '@outcry/protocol';
import { createLogger } from '@outcry/service';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { GatewayMetrics } from '../observability/metrics.ts';
import { EVERYTHING, partOf } from '../testing/broker-parts.ts';
import { FakeFeed } from '../testing/fake-feed.ts';
import { FakeTransport } from '../testing/fake-transport.ts';
import { BookDirectory } from './book-directory.ts';
import { DEPTHS, INTERVALS } from './book-choices.ts';

const LINGER_MS = 5000;

describe('BookDirectory', () => {
  let feed: FakeFeed;
  let transport: FakeTransport;
  let books: BookDirectory;
  beforeEach(() => {
    vi.useFakeTimers();
    feed = new FakeFeed();
    transport = new FakeTransport();
    const fanout = { publisher: transport, codecs: createCodecs(), metrics: new GatewayMetrics() };
    books = new BookDirectory({ feedBus: feed, fanout, logger: createLogger({ level: 'silent', fields: {} }) });
    for (const symbol of ['X', 'Y']) {
      feed.announce(symbol);
      store(symbol, 1);
    }
  });
  afterEach(() => {
    books.close();
    vi.useRealTimers();
  });

  function store(symbol: string, seq: number): void {
    const head = { symbol, epoch: 'e1', seq, venueSeq: 1, venueAt: 1, at: 1 };
    feed.storeSnapshot({ ...head, bids: [[100, seq]], asks: [[101, seq]], priceScale: 1, sizeScale: 0 });
  }

  it('lists what is published, and what there is to choose of each', async () => {
    const choices = { priceScale: 1, sizeScale: 0, depths: DEPTHS, intervals: INTERVALS };
    expect(await books.listInstruments()).toEqual([
      { symbol: 'X', ...choices },
      { symbol: 'Y', ...choices },
    ]);
  });

  it('asks the bus once for what many ask at a time, and again for who comes later', async () => {
    const asked = vi.spyOn(feed, 'listInstruments');
    await Promise.allSettled(['NONE', 'NOBODY', '?!'].map((symbol) => books.open(symbol)));
    expect(asked).toHaveBeenCalledTimes(1);
    await expect(books.open('Z')).rejects.toThrow('no book of Z');
    feed.announce('Z');
    expect((await books.open('Z')).symbol).toBe('Z');
  });

  it('takes no name that no symbol can have, even where one is announced', async () => {
    feed.announce('X Y');
    await expect(books.open('X Y')).rejects.toMatchObject({ code: 'unknownSymbol' });
    expect(books.size).toBe(0);
  });

  it('follows a book once for all who open it, and until a while after the last has left', async () => {
    const [first, second] = [await books.open('X'), await books.open('X')];
    expect(second).toBe(first);
    books.release('X');
    await vi.advanceTimersByTimeAsync(2 * LINGER_MS);
    expect(feed.handlerOf('X')).toBe(first.replica);
    books.release('X');
    await vi.advanceTimersByTimeAsync(LINGER_MS - 1);
    expect(feed.handlerOf('X')).toBe(first.replica);
    await vi.advanceTimersByTimeAsync(1);
    expect(feed.handlerOf('X')).toBeUndefined();
    expect(books.size).toBe(0);
  });

  it('follows nothing that it could not read, and reads it for who comes next', async () => {
    vi.spyOn(feed, 'readBook').mockRejectedValueOnce(new Error('away'));
    await expect(books.open('X')).rejects.toThrow('away');
    expect(feed.handlerOf('X')).toBeUndefined();
    expect((await books.open('X')).replica.state?.seq).toBe(1);
    expect(feed.handlerOf('X')).toBeDefined();
  });

  it('calls every book stale at once when the broker is away, and reads each anew when it is back', async () => {
    const opened = [await books.open('X'), await books.open('Y')];
    const staleness = (): readonly boolean[] => opened.map(({ replica }) => replica.isStale);
    books.showStatus('down', EVERYTHING);
    expect(staleness()).toEqual([true, true]);
    store('X', 7);
    books.showStatus('up', EVERYTHING);
    await vi.advanceTimersByTimeAsync(0);
    expect(staleness()).toEqual([false, false]);
    expect(opened.map(({ replica }) => replica.state?.seq)).toEqual([7, 1]);
  });

  it('leaves alone the books of a part that is heard', async () => {
    const [x, y] = [await books.open('X'), await books.open('Y')];
    books.showStatus('down', partOf('X'));
    expect([x.replica.isStale, y.replica.isStale]).toEqual([true, false]);
    const reads = vi.spyOn(feed, 'readBook');
    books.showStatus('up', partOf('X'));
    await vi.advanceTimersByTimeAsync(0);
    expect(reads.mock.calls).toEqual([['X']]);
    expect([x.replica.isStale, y.replica.isStale]).toEqual([false, false]);
  });

  it('leaves nothing behind when it closes', async () => {
    const book = await books.open('X');
    const socket = transport.connect();
    book.classOf({ depth: 10, interval: 100 }).add({ socket, encoding: Encoding.Json, wantsChecksum: false });
    book.streamOf({ depth: 10, interval: 100 }).add({ socket, encoding: Encoding.Json });
    await books.open('Y');
    books.release('Y');
    books.close();
    expect(['X', 'Y'].map((symbol) => feed.handlerOf(symbol))).toEqual([undefined, undefined]);
    expect(books.size).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });
});
