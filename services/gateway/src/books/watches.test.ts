import { createCodecs, Encoding } from '@outcry/protocol';
import { createLogger } from '@outcry/service';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Backlog } from '../connections/backlog.ts';
import { GatewayMetrics } from '../observability/metrics.ts';
import { FakeFeed } from '../testing/fake-feed.ts';
import { type FakeSocket, FakeTransport } from '../testing/fake-transport.ts';
import { BookDirectory } from './book-directory.ts';
import { type WatchOwner, Watches } from './watches.ts';

const CHOICE = { depth: 10, interval: 0 };
const LIMITS = { softBufferBytes: 1000, hardBufferBytes: 10_000, laggingTimeoutMs: 1000 };

const HEAD = { epoch: 'e1', venueSeq: 1, venueAt: 1, at: 1 };

function ownerOf(socket: FakeSocket): WatchOwner {
  return { socket, encoding: socket.encoding, backlog: new Backlog(socket, LIMITS) };
}

describe('Watches', () => {
  let feed: FakeFeed;
  let transport: FakeTransport;
  let owner: WatchOwner;
  let books: BookDirectory;
  let socket: FakeSocket;
  let watches: Watches;
  beforeEach(() => {
    vi.useFakeTimers();
    feed = new FakeFeed();
    transport = new FakeTransport();
    const fanout = { publisher: transport, codecs: createCodecs(), metrics: new GatewayMetrics() };
    books = new BookDirectory({ feedBus: feed, fanout, logger: createLogger({ level: 'silent', fields: {} }) });
    for (const symbol of ['X', 'Y', 'Z']) {
      feed.announce(symbol);
      feed.storeSnapshot({ ...HEAD, symbol, seq: 1, bids: [[100, 1]], asks: [[101, 1]], priceScale: 1, sizeScale: 0 });
    }
    socket = transport.connect(Encoding.Json);
    owner = ownerOf(socket);
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

  it('takes nobody out of a class that it has not come to yet', async () => {
    const bookClass = (await books.open('X')).classOf(CHOICE);
    (await watches.prepare('X', CHOICE, false))();
    const otherSocket = transport.connect(Encoding.Json);
    const other = new Watches(ownerOf(otherSocket), { books, maxWatches: 2 });
    const begin = await other.prepare('X', CHOICE, false);
    watches.holdBack();
    expect(watches.isBehind).toBe(true);
    other.holdBack();
    other.catchUpOne();
    other.holdBack();
    other.catchUpOne();
    expect(other.isBehind).toBe(false);
    expect(otherSocket.frames).toEqual([]);
    expect(other.remove('X', CHOICE)).toBe(true);
    begin();
    expect(bookClass.size).toBe(1);
    watches.catchUpOne();
    expect(watches.isBehind).toBe(false);
    feed.publishDelta({ ...HEAD, symbol: 'X', seq: 2, prev: 1, bids: [[100, 2]], asks: [] });
    expect(socket.framesOf('delta')).toMatchObject([{ seq: 2 }]);
  });

  it('tells classes of a book apart by depth and by interval', async () => {
    const choices = [CHOICE, { depth: 10, interval: 100 }];
    for (const choice of choices) (await watches.prepare('X', choice, false))();
    expect(watches.remove('X', { depth: 1, interval: 0 })).toBe(false);
    expect(watches.remove('X', CHOICE)).toBe(true);
    expect(watches.remove('X', CHOICE)).toBe(false);
    expect(await booksLeft()).toBe(1);
  });

  it('names as many of what it watches as are asked for, and counts all of it', async () => {
    for (const symbol of ['X', 'Y']) (await watches.prepare(symbol, CHOICE, false))();
    expect([0, 1, 2, 3].map((count) => watches.first(count))).toEqual([
      [],
      ['X/10/0'],
      ['X/10/0', 'Y/10/0'],
      ['X/10/0', 'Y/10/0'],
    ]);
    expect(watches.count).toBe(2);
  });

  it('gives a class that is watched again a new snapshot, with a checksum from now on where it is asked for', async () => {
    for (const wantsChecksum of [false, true]) (await watches.prepare('X', CHOICE, wantsChecksum))();
    const [first, second] = socket.framesOf('snapshot');
    expect([first?.checksum, second?.checksum]).toEqual([undefined, expect.any(Number)]);
    feed.publishDelta({ ...HEAD, symbol: 'X', seq: 2, prev: 1, bids: [[100, 2]], asks: [] });
    expect(socket.framesOf('delta')).toHaveLength(1);
  });

  it('counts no book that there is not against those that there are', async () => {
    let fail = (_err: Error): void => undefined;
    const read = feed.readBook.bind(feed);
    vi.spyOn(feed, 'readBook').mockImplementation((symbol) =>
      symbol === 'Z' ? new Promise((_, reject) => (fail = reject)) : read(symbol),
    );
    const failing = watches.prepare('Z', CHOICE, false);
    for (const symbol of ['X', 'Y']) (await watches.prepare(symbol, CHOICE, false))();
    expect(socket.framesOf('snapshot')).toHaveLength(2);
    fail(new Error('away'));
    await expect(failing).rejects.toThrow('away');
  });

  it('forgets a book that could not be opened, and none that was asked for again meanwhile', async () => {
    vi.spyOn(books, 'open').mockRejectedValueOnce(new Error('away'));
    const [first, second] = [watches.prepare('X', CHOICE, false), watches.prepare('X', CHOICE, false)];
    await expect(first).rejects.toThrow('away');
    (await second)();
    expect(socket.framesOf('snapshot')).toHaveLength(1);
    expect(watches.remove('X', CHOICE)).toBe(true);
    expect(await booksLeft()).toBe(0);
  });

  it('sends a snapshot that is due past the limit of what may wait', async () => {
    socket.bytesPerSend = 5 * LIMITS.softBufferBytes;
    (await watches.prepare('X', CHOICE, false))();
    expect(owner.backlog.judge(0, watches.isHoldingBack)).toBe('wait');
  });
});
