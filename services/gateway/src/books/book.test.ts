import type { FeedDelta, FeedSnapshot } from '@outcry/broker';
import { bookChecksum } from '@outcry/order-book';
import { createCodecs, Encoding, type Level } from '@outcry/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { createLogger } from '@outcry/service';
import { GatewayMetrics } from '../observability/metrics.ts';
import { FakeFeed } from '../testing/fake-feed.ts';
import { type FakeSocket, FakeTransport } from '../testing/fake-transport.ts';
import type { Book } from './book.ts';
import { BookDirectory } from './book-directory.ts';
import { bookStory } from './book-story.ts';

const HEAD = { symbol: 'X', venueSeq: 1, venueAt: 1, at: 1 };

function snapshot(
  seq: number,
  options: { epoch?: string; bids?: readonly Level[]; asks?: readonly Level[] } = {},
): FeedSnapshot {
  const { epoch = 'e1', bids = levels(100, -1), asks = levels(101, 1) } = options;
  return { ...HEAD, epoch, seq, bids, asks, priceScale: 1, sizeScale: 0 };
}

function delta(seq: number, bids: readonly Level[], asks: readonly Level[] = []): FeedDelta {
  return { ...HEAD, epoch: 'e1', seq, prev: seq - 1, venueSeq: seq, bids, asks };
}

/** Thirty levels from a price on, each of size 5. */
function levels(from: number, step: number): readonly Level[] {
  return Array.from({ length: 30 }, (_, i) => [from + i * step, 5] as const);
}

describe('Book', () => {
  let feed: FakeFeed;
  let transport: FakeTransport;
  let books: BookDirectory;
  let book: Book;
  let metrics: GatewayMetrics;

  beforeEach(async () => {
    feed = new FakeFeed();
    transport = new FakeTransport();
    metrics = new GatewayMetrics();
    const fanout = { publisher: transport, codecs: createCodecs(), metrics };
    const logger = createLogger({ level: 'silent', fields: {} });
    books = new BookDirectory({ feedBus: feed, fanout, logger });
    feed.announce('X');
    feed.publishSnapshot(snapshot(10));
    book = await books.open('X');
  });
  afterEach(() => {
    vi.useRealTimers();
    books.close();
  });

  function watch(depth: number, interval: number, encoding: Encoding = Encoding.Msgpack): FakeSocket {
    const socket = transport.connect(encoding);
    book.classOf({ depth, interval }).add({ socket, encoding, wantsChecksum: false });
    return socket;
  }

  it('begins with the snapshot of the chosen depth', () => {
    const [frame] = watch(10, 0, Encoding.Json).framesOf('snapshot');
    expect(frame).toMatchObject({ symbol: 'X', depth: 10, interval: 0, epoch: 'e1', priceScale: 1, seq: 10 });
    expect(frame?.bids).toHaveLength(10);
    expect(frame?.bids[0]).toEqual(['10.0', '5']);
    expect(frame?.asks[0]).toEqual(['10.1', '5']);
  });

  it('tells levels that leave the depth, and those that come up into it', async () => {
    const socket = watch(10, 0);
    feed.publishDelta(delta(11, [[100, 0]]));
    feed.publishDelta(delta(12, [[100, 7]]));
    await vi.waitUntil(() => socket.framesOf('delta').length === 2);
    expect(socket.framesOf('delta')).toMatchObject([
      {
        prev: 10,
        seq: 11,
        bids: [
          [100, 0],
          [90, 5],
        ],
        asks: [],
      },
      {
        prev: 11,
        seq: 12,
        bids: [
          [100, 7],
          [90, 0],
        ],
        asks: [],
      },
    ]);
  });

  it('sends a delta for every one of the base feed at interval 0, also where the view did not change', async () => {
    const socket = watch(10, 0);
    feed.publishDelta(delta(11, [[75, 9]]));
    await vi.waitUntil(() => socket.framesOf('delta').length === 1);
    expect(socket.framesOf('delta')).toMatchObject([{ prev: 10, seq: 11, bids: [], asks: [] }]);
  });

  it('passes the base feed on as it is where the whole book is watched at interval 0', async () => {
    const socket = watch(0, 0);
    expect(socket.framesOf('snapshot')[0]?.bids).toHaveLength(30);
    feed.publishDelta(delta(11, [[75, 9]], [[300, 0]]));
    await vi.waitUntil(() => socket.framesOf('delta').length === 1);
    expect(socket.framesOf('delta')).toMatchObject([{ bids: [[75, 9]], asks: [[300, 0]] }]);
  });

  it('derives a frame once for all watchers of an encoding', async () => {
    const sockets = [watch(10, 0), watch(10, 0), watch(10, 0)];
    transport.publishCount = 0;
    feed.publishDelta(delta(11, [[100, 1]]));
    await vi.waitUntil(() => sockets.every((socket) => socket.framesOf('delta').length === 1));
    expect(transport.publishCount).toBe(1);
  });

  it('derives a frame once for those with and those without checksums, and gives each what they asked for', () => {
    const plain = watch(10, 0);
    const checked = transport.connect(Encoding.Msgpack);
    const bookClass = book.classOf({ depth: 10, interval: 0 });
    bookClass.add({ socket: checked, encoding: Encoding.Msgpack, wantsChecksum: true });
    const bids = vi.spyOn(book.replica.book, 'bids');
    feed.publishDelta(delta(11, [[100, 1]]));
    expect(bids).toHaveBeenCalledTimes(1);
    const checksum = bookChecksum(book.replica.book.bids(10), book.replica.book.asks(10));
    expect(checked.framesOf('delta')).toMatchObject([{ seq: 11, checksum }]);
    expect(checked.framesOf('snapshot')[0]?.checksum).not.toBe(checked.framesOf('delta')[0]?.checksum);
    expect(plain.frames.some((frame) => 'checksum' in frame)).toBe(false);
    expect(bookClass.size).toBe(2);
  });

  it('gives a watcher that comes between two frames the view that the others hold', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const early = watch(10, 250);
    feed.publishDelta(delta(11, [[100, 1]]));
    await vi.waitUntil(() => book.replica.state?.seq === 11);
    const late = watch(10, 250);
    expect(late.framesOf('snapshot')[0]).toMatchObject({ seq: 10, bids: early.framesOf('snapshot')[0]?.bids });
    vi.advanceTimersByTime(250);
    for (const socket of [early, late]) {
      expect(socket.framesOf('delta')).toMatchObject([{ prev: 10, seq: 11, bids: [[100, 1]] }]);
    }
  });

  it('sends no delta at an interval in which nothing changed, but a heartbeat', () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const socket = watch(10, 250);
    vi.advanceTimersByTime(1000);
    expect(socket.framesOf('delta')).toEqual([]);
    expect(socket.framesOf('heartbeat')).toMatchObject([{ symbol: 'X', depth: 10, interval: 250, seq: 10 }]);
  });

  it('reads the book anew where a delta is missing, counts that, and resets its watchers', async () => {
    const socket = watch(10, 0);
    vi.spyOn(book.replica, 'handleDelta').mockImplementationOnce(() => undefined);
    feed.publishDelta(delta(11, [[100, 1]]));
    feed.publishDelta(delta(12, [[99, 2]]));
    await vi.waitUntil(() => socket.framesOf('snapshot').length === 2);
    expect((await metrics.bookResyncs.get()).values).toMatchObject([{ value: 1 }]);
    expect(socket.framesOf('snapshot')[1]).toMatchObject({
      seq: 12,
      bids: expect.arrayContaining([
        [100, 1],
        [99, 2],
      ]) as unknown,
    });
    feed.publishDelta(delta(13, [[98, 3]]));
    await vi.waitUntil(() => socket.framesOf('delta').length === 1);
    expect(socket.framesOf('delta')).toMatchObject([{ prev: 12, seq: 13 }]);
  });

  it('resets its watchers when the publisher starts its book anew, and not at its regular snapshots', async () => {
    const socket = watch(10, 0);
    feed.publishSnapshot(snapshot(10));
    feed.publishSnapshot(snapshot(1, { epoch: 'e2', bids: [[50, 1]], asks: [[60, 1]] }));
    await vi.waitUntil(() => socket.framesOf('snapshot').length === 2);
    expect(socket.framesOf('snapshot')[1]).toMatchObject({ epoch: 'e2', seq: 1, bids: [[50, 1]], asks: [[60, 1]] });
  });

  it.each(Object.values(Encoding))(
    'says in each snapshot where the book comes from, as its publisher says now, in %s',
    async (encoding) => {
      const socket = watch(10, 0, encoding);
      expect(socket.framesOf('snapshot')[0]).not.toHaveProperty('kind');
      feed.publishSnapshot({ ...snapshot(1, { epoch: 'e2' }), sourceKind: 'replay' });
      feed.publishSnapshot({ ...snapshot(1, { epoch: 'e3' }), sourceKind: 'live' });
      await vi.waitUntil(() => socket.framesOf('snapshot').length === 3);
      expect(socket.framesOf('snapshot').map(({ kind }) => kind)).toEqual([undefined, 'replay', 'live']);
    },
  );

  it('says stale when the feed falls silent, and fresh when it speaks again', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    feed.announce('Y');
    feed.publishSnapshot({ ...snapshot(10), symbol: 'Y' });
    const quiet = (await books.open('Y')).classOf({ depth: 10, interval: 0 });
    const [early, late] = [transport.connect(Encoding.Msgpack), transport.connect(Encoding.Msgpack)];
    quiet.add({ socket: early, encoding: Encoding.Msgpack, wantsChecksum: false });
    vi.advanceTimersByTime(1999);
    feed.publishPulse({ symbol: 'Y', epoch: 'e1', seq: 10 });
    vi.advanceTimersByTime(1999);
    expect(early.framesOf('stale')).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(early.framesOf('stale')).toMatchObject([{ symbol: 'Y' }]);
    quiet.add({ socket: late, encoding: Encoding.Msgpack, wantsChecksum: false });
    expect(late.framesOf('stale')).toMatchObject([{ symbol: 'Y' }]);
    feed.publishDelta({ ...delta(11, []), symbol: 'Y' });
    vi.useRealTimers();
    await vi.waitUntil(() => early.framesOf('fresh').length === 1 && late.framesOf('fresh').length === 1);
  });

  it('reads the book anew when the feed says that it stands elsewhere', async () => {
    const socket = watch(10, 0);
    feed.storeDelta(delta(11, [[100, 9]]));
    feed.publishPulse({ symbol: 'X', epoch: 'e1', seq: 11 });
    await vi.waitUntil(() => socket.framesOf('snapshot').length === 2);
    expect(socket.framesOf('snapshot')[1]).toMatchObject({ epoch: 'e1', seq: 11 });
    feed.publishPulse({ symbol: 'X', epoch: 'e1', seq: 10 });
    feed.publishDelta(delta(12, [[100, 8]]));
    await vi.waitUntil(() => socket.framesOf('delta').length === 1);
    expect(socket.framesOf('snapshot')).toHaveLength(2);
  });

  it('refuses a symbol that nobody publishes, and names those there are', async () => {
    await expect(books.open('NOPE')).rejects.toMatchObject({
      code: 'unknownSymbol',
      message: 'no book of NOPE; choose from X',
    });
    expect(books.size).toBe(1);
  });

  it('lets watchers wait for a book that is announced and not published yet', async () => {
    feed.announce('Y');
    const soon = await books.open('Y');
    const socket = transport.connect(Encoding.Msgpack);
    soon.classOf({ depth: 10, interval: 100 }).add({ socket, encoding: Encoding.Msgpack, wantsChecksum: false });
    expect(socket.frames).toEqual([]);
    feed.publishSnapshot({ ...snapshot(0), symbol: 'Y' });
    await vi.waitUntil(() => socket.framesOf('snapshot').length === 1);
  });

  it('tells how it is, and how many watch it in which way, of those alone that somebody watches', async () => {
    feed.announce('Y');
    await books.open('Y');
    const ours = { symbol: 'X', isStale: false, epoch: 'e1', seq: 10, at: 1, venueAt: 1 };
    const unknown = { symbol: 'Y', isStale: false, classes: [] };
    book.classOf({ depth: 50, interval: 0 });
    book.streamOf({ depth: 50, interval: 0 });
    expect(books.stories).toEqual([{ ...ours, classes: [] }, unknown]);
    for (const interval of [0, 250, 250]) watch(10, interval);
    const socket = transport.connect();
    book.streamOf({ depth: 25, interval: 1000 }).add({ socket, encoding: Encoding.Json });
    book.replica.markStale();
    const classes = [
      { endpoint: '/ws', depth: 10, interval: 0, watchers: 1 },
      { endpoint: '/ws', depth: 10, interval: 250, watchers: 2 },
      { endpoint: '/orderbookfeed', depth: 25, interval: 1000, watchers: 1 },
    ];
    expect(books.stories).toEqual([{ ...ours, isStale: true, classes }, unknown]);
    expect(bookStory.array().parse(books.stories)).toEqual(books.stories);
  });
});
