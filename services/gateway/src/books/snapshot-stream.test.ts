import { createCodecs, Encoding } from '@outcry/protocol';
import { createLogger } from '@outcry/service';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { GatewayMetrics } from '../observability/metrics.ts';
import { FakeFeed } from '../testing/fake-feed.ts';
import { type FakeSocket, FakeTransport } from '../testing/fake-transport.ts';
import type { Book } from './book.ts';
import { BookDirectory } from './book-directory.ts';

const HEAD = { symbol: 'X', epoch: 'e1', venueSeq: 1, venueAt: 1, at: 1 };

describe('SnapshotStream', () => {
  let feed: FakeFeed;
  let transport: FakeTransport;
  let metrics: GatewayMetrics;
  let books: BookDirectory;
  let book: Book;
  beforeEach(async () => {
    vi.useFakeTimers();
    feed = new FakeFeed();
    transport = new FakeTransport();
    metrics = new GatewayMetrics();
    const fanout = { publisher: transport, codecs: createCodecs(), metrics };
    books = new BookDirectory({ feedBus: feed, fanout, logger: createLogger({ level: 'silent', fields: {} }) });
    feed.announce('X');
    book = await books.open('X');
  });
  afterEach(() => {
    books.close();
    vi.useRealTimers();
  });

  function publish(seq: number): void {
    const bids = Array.from({ length: 20 }, (_, i) => [100 - i, seq] as const);
    feed.publishSnapshot({ ...HEAD, epoch: `e${String(seq)}`, seq, bids, asks: [], priceScale: 1, sizeScale: 0 });
  }

  function follow(interval: number, encoding: Encoding = Encoding.Json): FakeSocket {
    const socket = transport.connect(encoding);
    book.streamOf({ depth: 10, interval }).add({ socket, encoding });
    return socket;
  }

  it('sends the newest snapshot at once, and again each interval', () => {
    publish(1);
    const socket = follow(250);
    expect(socket.framesOf('snapshot')).toMatchObject([{ symbol: 'X', depth: 10, interval: 250, seq: 1 }]);
    expect(socket.framesOf('snapshot')[0]?.bids).toHaveLength(10);
    publish(2);
    vi.advanceTimersByTime(249);
    expect(socket.framesOf('snapshot')).toHaveLength(1);
    vi.advanceTimersByTime(251);
    expect(socket.framesOf('snapshot').map(({ seq }) => seq)).toEqual([1, 2, 2]);
    expect(socket.framesOf('snapshot')[2]).toMatchObject({ symbol: 'X', depth: 10, interval: 250 });
  });

  it('sends ten a second at most, whatever was asked for', () => {
    publish(1);
    const socket = follow(0);
    vi.advanceTimersByTime(1000);
    expect(socket.framesOf('snapshot')).toHaveLength(1 + 10);
  });

  it('makes a snapshot once for all who follow in an encoding, at the pace of the first', () => {
    publish(1);
    const early = follow(1000);
    vi.advanceTimersByTime(600);
    const late = follow(1000);
    transport.publishCount = 0;
    vi.advanceTimersByTime(400);
    for (const socket of [early, late]) expect(socket.framesOf('snapshot')).toHaveLength(2);
    expect(transport.publishCount).toBe(1);
  });

  it('waits for a book that is not known yet', () => {
    const socket = follow(100);
    vi.advanceTimersByTime(300);
    expect(socket.frames).toEqual([]);
    publish(1);
    vi.advanceTimersByTime(100);
    expect(socket.framesOf('snapshot')).toHaveLength(1);
  });

  it('makes none for nobody, and begins anew with the next who follows', () => {
    publish(1);
    const stream = book.streamOf({ depth: 10, interval: 100 });
    const idle = vi.getTimerCount();
    const [early, late] = ['early', 'late'].map(() => ({ socket: follow(100), encoding: Encoding.Json }));
    const again = transport.connect();
    expect(stream.size).toBe(2);
    if (early !== undefined) stream.remove(early, 'lost');
    vi.advanceTimersByTime(100);
    expect(late?.socket.framesOf('snapshot')).toHaveLength(2);
    if (late !== undefined) stream.remove(late, 'lost');
    expect(stream.size).toBe(0);
    expect(vi.getTimerCount()).toBe(idle);
    stream.add({ socket: again, encoding: Encoding.Json });
    vi.advanceTimersByTime(100);
    expect(again.framesOf('snapshot')).toHaveLength(2);
    expect(early?.socket.framesOf('snapshot')).toHaveLength(1);
  });

  it.each(Object.values(Encoding))('counts what it sends in %s', async (encoding) => {
    publish(1);
    const socket = follow(100, encoding);
    vi.advanceTimersByTime(100);
    const bytes = socket.wire.reduce((sum, frame) => sum + frame.length, 0);
    const counted = await metrics.registry.metrics();
    expect(counted).toContain(`outcry_gateway_messages_out_total{encoding="${encoding}"} 2`);
    expect(counted).toContain(`outcry_gateway_bytes_out_total{encoding="${encoding}"} ${String(bytes)}`);
  });
});
