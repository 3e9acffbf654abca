import { bookChecksum } from '@outcry/order-book';
import { createCodecs, Encoding } from '@outcry/protocol';
import { createLogger } from '@outcry/service';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { GatewayMetrics } from '../observability/metrics.ts';
import { FakeFeed } from '../testing/fake-feed.ts';
import { type FakeSocket, FakeTransport } from '../testing/fake-transport.ts';
import type { Book } from './book.ts';
import type { ClassChoice } from './book-choices.ts';
import type { Watcher } from './book-class.ts';
import { BookDirectory } from './book-directory.ts';

const HEAD = { symbol: 'X', epoch: 'e1', venueSeq: 1, venueAt: 1, at: 1 };
const LEVELS = 30;

describe('BookClass', () => {
  let feed: FakeFeed;
  let transport: FakeTransport;
  let metrics: GatewayMetrics;
  let codecs: ReturnType<typeof createCodecs>;
  let books: BookDirectory;
  let book: Book;
  beforeEach(async () => {
    vi.useFakeTimers();
    feed = new FakeFeed();
    transport = new FakeTransport();
    metrics = new GatewayMetrics();
    codecs = createCodecs();
    const fanout = { publisher: transport, codecs, metrics };
    books = new BookDirectory({ feedBus: feed, fanout, logger: createLogger({ level: 'silent', fields: {} }) });
    feed.announce('X');
    publishSnapshot(10);
    book = await books.open('X');
  });
  afterEach(() => {
    books.close();
    vi.useRealTimers();
  });

  function publishSnapshot(seq: number, epoch = 'e1'): void {
    const bids = Array.from({ length: LEVELS }, (_, i) => [100 - i, 5] as const);
    const asks = Array.from({ length: LEVELS }, (_, i) => [101 + i, 5] as const);
    feed.publishSnapshot({ ...HEAD, epoch, seq, bids, asks, priceScale: 1, sizeScale: 0 });
  }

  /** The best bid's size becomes `seq`. */
  function move(seq: number): void {
    feed.publishDelta({ ...HEAD, seq, prev: seq - 1, bids: [[100, seq]], asks: [] });
  }

  function watch(
    choice: ClassChoice,
    options: { encoding?: Encoding; wantsChecksum?: boolean } = {},
  ): Watcher & { readonly socket: FakeSocket } {
    const { encoding = Encoding.Msgpack, wantsChecksum = false } = options;
    const watcher = { socket: transport.connect(encoding), encoding, wantsChecksum };
    book.classOf(choice).add(watcher);
    return watcher;
  }

  it('derives nothing for nobody, and begins anew with the next who watches', () => {
    const choice = { depth: 10, interval: 250 };
    const idle = vi.getTimerCount();
    const [early, late] = [watch(choice), watch(choice, { wantsChecksum: true })];
    book.classOf(choice).remove(early, 'left');
    expect(book.classOf(choice).size).toBe(1);
    move(11);
    vi.advanceTimersByTime(250);
    expect(late.socket.framesOf('delta')).toMatchObject([{ prev: 10, seq: 11 }]);
    expect(early.socket.framesOf('delta')).toEqual([]);
    book.classOf(choice).remove(late, 'left');
    const everyFrame = { depth: 10, interval: 0 };
    book.classOf(everyFrame).remove(watch(everyFrame), 'left');
    expect(vi.getTimerCount()).toBe(idle);
    const looks = vi.spyOn(book.replica.book, 'bids');
    move(12);
    publishSnapshot(20);
    expect(looks).not.toHaveBeenCalled();
    const next = watch(choice);
    move(21);
    vi.advanceTimersByTime(250);
    expect(next.socket.framesOf('snapshot')).toMatchObject([{ seq: 20 }]);
    expect(next.socket.framesOf('delta')).toMatchObject([{ prev: 20, seq: 21 }]);
  });

  it('tells at an interval what has changed within it, and nothing where nothing has', () => {
    const { socket } = watch({ depth: 10, interval: 1000 });
    for (const seq of [11, 12]) move(seq);
    vi.advanceTimersByTime(1000);
    feed.publishDelta({ ...HEAD, seq: 13, prev: 12, bids: [[75, 9]], asks: [] });
    vi.advanceTimersByTime(1000);
    feed.publishDelta({ ...HEAD, seq: 14, prev: 13, bids: [], asks: [[101, 0]] });
    vi.advanceTimersByTime(1000);
    expect(socket.framesOf('delta')).toMatchObject([
      { prev: 10, seq: 12, bids: [[100, 12]], asks: [] },
      {
        prev: 12,
        seq: 14,
        bids: [],
        asks: [
          [101, 0],
          [111, 5],
        ],
      },
    ]);
  });

  it('shows each second of silence that it is alive, and none in which it has spoken', () => {
    const { socket } = watch({ depth: 10, interval: 0 });
    vi.advanceTimersByTime(900);
    move(11);
    vi.advanceTimersByTime(900);
    expect(socket.framesOf('heartbeat')).toEqual([]);
    vi.advanceTimersByTime(100);
    expect(socket.framesOf('heartbeat')).toMatchObject([{ symbol: 'X', depth: 10, interval: 0, seq: 11 }]);
    publishSnapshot(1, 'e2');
    vi.advanceTimersByTime(999);
    expect(socket.framesOf('heartbeat')).toHaveLength(1);
  });

  it('tells those who want checksums, too, that it is alive, stale and fresh again', () => {
    const { socket } = watch({ depth: 10, interval: 0 }, { wantsChecksum: true });
    vi.advanceTimersByTime(2000);
    move(11);
    expect(socket.frames.map(({ type }) => type)).toEqual([
      'snapshot',
      'heartbeat',
      'stale',
      'heartbeat',
      'delta',
      'fresh',
    ]);
  });

  it('shows that it is alive no more often than its interval', () => {
    const { socket } = watch({ depth: 10, interval: 2000 });
    vi.advanceTimersByTime(1999);
    expect(socket.framesOf('heartbeat')).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(socket.framesOf('heartbeat')).toHaveLength(1);
  });

  it.each([
    { depth: 10, interval: 100 },
    { depth: 0, interval: 0 },
  ])('has nothing to show of a book that is not known yet, at %o', async (choice) => {
    feed.announce('Y');
    const soon = (await books.open('Y')).classOf(choice);
    const socket = transport.connect();
    soon.add({ socket, encoding: Encoding.Json, wantsChecksum: false });
    const head = { ...HEAD, symbol: 'Y' };
    feed.publishDelta({ ...head, seq: 5, prev: 4, bids: [[100, 5]], asks: [] });
    feed.publishPulse({ symbol: 'Y', epoch: 'e1', seq: 5 });
    vi.advanceTimersByTime(1500);
    expect(socket.frames).toEqual([]);
    feed.publishSnapshot({ ...head, seq: 6, bids: [[100, 6]], asks: [], priceScale: 1, sizeScale: 0 });
    expect(socket.frames).toMatchObject([{ type: 'snapshot', symbol: 'Y', seq: 6 }]);
  });

  it('says nothing of staleness to who was held back while the book was fresh', () => {
    const bookClass = book.classOf({ depth: 10, interval: 0 });
    const watcher = watch({ depth: 10, interval: 0 });
    bookClass.holdBack(watcher);
    move(11);
    bookClass.resume(watcher);
    expect(watcher.socket.frames).toMatchObject([
      { type: 'snapshot', seq: 10 },
      { type: 'snapshot', seq: 11 },
    ]);
  });

  it('compares nothing at an interval in which the book stood still', () => {
    watch({ depth: 10, interval: 100 });
    const looks = vi.spyOn(book.replica.book, 'bids');
    vi.advanceTimersByTime(500);
    expect(looks).not.toHaveBeenCalled();
  });

  it('makes the snapshot once for all who come to the same view, with its checksum for those who want it', () => {
    const encoded = vi.spyOn(codecs.json, 'encodeServer');
    const choice = { depth: 1, interval: 0 };
    const come = (wantsChecksum: boolean): FakeSocket =>
      watch(choice, { encoding: Encoding.Json, wantsChecksum }).socket;
    const [plain, checked] = [
      [come(false), come(false)],
      [come(true), come(true)],
    ];
    expect(encoded).toHaveBeenCalledTimes(2);
    const checksum = bookChecksum(book.replica.book.bids(1), book.replica.book.asks(1));
    for (const socket of checked) expect(socket.framesOf('snapshot')).toMatchObject([{ seq: 10, checksum }]);
    for (const socket of plain) expect(socket.framesOf('snapshot')[0]).not.toHaveProperty('checksum');
    move(11);
    expect(come(true).framesOf('snapshot')).toMatchObject([{ seq: 11 }]);
  });

  it('copies no more of the whole book than a checksum is of, where every frame is passed on', () => {
    const { socket } = watch({ depth: 0, interval: 0 }, { wantsChecksum: true });
    const copied = vi.spyOn(book.replica.book, 'bids');
    move(11);
    expect(copied.mock.calls).toEqual([[10]]);
    const checksum = bookChecksum(book.replica.book.bids(), book.replica.book.asks());
    expect(socket.framesOf('delta')).toMatchObject([{ seq: 11, checksum }]);
  });

  it('makes frames and checksums for those who are there, and for nobody else', () => {
    watch({ depth: 0, interval: 0 });
    const encoded = vi.spyOn(codecs.msgpack, 'encodeServer');
    const copied = vi.spyOn(book.replica.book, 'bids');
    move(11);
    expect(encoded).toHaveBeenCalledTimes(1);
    expect(copied).not.toHaveBeenCalled();
    expect(transport.publishCount).toBe(1);
  });

  it.each(Object.values(Encoding))('counts what it sends in %s', async (encoding) => {
    const { socket } = watch({ depth: 10, interval: 0 }, { encoding });
    move(11);
    const bytes = socket.wire.reduce((sum, frame) => sum + frame.length, 0);
    const counted = await metrics.registry.metrics();
    expect(counted).toContain(`outcry_gateway_messages_out_total{encoding="${encoding}"} 2`);
    expect(counted).toContain(`outcry_gateway_bytes_out_total{encoding="${encoding}"} ${String(bytes)}`);
  });
});
