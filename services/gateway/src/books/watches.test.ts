import { createCodecs, Encoding } from '@outcry/protocol';
import { createLogger } from '@outcry/service';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Backlog } from '../connections/backlog.ts';
import { GatewayMetrics } from '../observability/metrics.ts';
import { FakeFeed } from '../testing/fake-feed.ts';
import { type FakeSocket, FakeTransport } from '../testing/fake-transport.ts';
import { BookDirectory } from './book-directory.ts';
import { Watches } from './watches.ts';

const CHOICE = { depth: 10, interval: 0 };
const LIMITS = { softBufferBytes: 1000, hardBufferBytes: 10_000, laggingTimeoutMs: 1000 };

describe('Watches', () => {
  let feed: FakeFeed;
  let books: BookDirectory;
  let socket: FakeSocket;
  let watches: Watches;
  beforeEach(() => {
    vi.useFakeTimers();
    feed = new FakeFeed();
    const transport = new FakeTransport();
    const fanout = { publisher: transport, codecs: createCodecs(), metrics: new GatewayMetrics() };
    books = new BookDirectory({ feedBus: feed, fanout, logger: createLogger({ level: 'silent', fields: {} }) });
    for (const symbol of ['X', 'Y', 'Z']) {
      feed.announce(symbol);
      const head = { symbol, epoch: 'e1', seq: 1, venueSeq: 1, venueAt: 1, at: 1 };
      feed.storeSnapshot({ ...head, bids: [[100, 1]], asks: [[101, 1]], priceScale: 1, sizeScale: 0 });
    }
    socket = transport.connect(Encoding.Json);
    const owner = { socket, encoding: Encoding.Json, backlog: new Backlog(socket, LIMITS) };
    watches = new Watches(owner, { books, maxWatches: 2 });
  });
  afterEach(() => {
    books.close();
    vi.useRealTimers();
  });

  /** When the time is over for which a book without watchers lingers. */
  async function booksLeft(): Promise<number> {
    await vi.advanceTimersByTimeAsync(10_000);
    return books.size;
  }

  it('lets go of a book whose watch is given up before it has opened', async () => {
    const opening = watches.prepare('X', CHOICE, false);
    expect(watches.remove('X', CHOICE)).toBe(true);
    (await opening)();
    expect(socket.framesOf('snapshot')).toEqual([]);
    expect(await booksLeft()).toBe(0);
  });

  it('lets go of a book whose connection ends before it has opened', async () => {
    const opening = watches.prepare('X', CHOICE, false);
    watches.removeAll();
    (await opening)();
    expect(await booksLeft()).toBe(0);
  });

  it('lets go of a book that is watched again before it has opened, once for each', async () => {
    const [first, second] = [watches.prepare('X', CHOICE, false), watches.prepare('X', CHOICE, false)];
    (await first)();
    (await second)();
    expect(socket.framesOf('snapshot')).toHaveLength(1);
    expect(await booksLeft()).toBe(1);
    watches.remove('X', CHOICE);
    expect(await booksLeft()).toBe(0);
  });

  it('lets go of a book that is one too many, and of none besides', async () => {
    for (const symbol of ['X', 'Y']) (await watches.prepare(symbol, CHOICE, false))();
    await expect(watches.prepare('Z', CHOICE, false)).rejects.toThrow('at most 2 books');
    expect(await booksLeft()).toBe(2);
    watches.removeAll();
    expect(await booksLeft()).toBe(0);
  });

  it('lets go of nothing for a book that there is not', async () => {
    await expect(watches.prepare('NONE', CHOICE, false)).rejects.toThrow('NONE');
    expect(watches.remove('NONE', CHOICE)).toBe(false);
    expect(await booksLeft()).toBe(0);
  });
});
