import type { FeedDelta, FeedSnapshot } from '@outcry/broker';
import { CLOSE_CODES } from '@outcry/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { identityOf } from '../identity/identity.ts';
import type { GatewayMetrics } from '../observability/metrics.ts';
import { EVERYTHING } from '../testing/broker-parts.ts';
import { createTestGateway, type TestClient, type TestGateway } from '../testing/create-services.ts';
import { FakeFeed } from '../testing/fake-feed.ts';
import type { FakeSocket } from '../testing/fake-transport.ts';
import { FeedConnection } from '../feed/feed-connection.ts';

const SOFT = 1000;
const SWEEP_MS = 100;
const ROOM = SOFT / 4;

describe('a session that lags', () => {
  let gateway: TestGateway;
  let feed: FakeFeed;
  let slow: TestClient;
  let fast: TestClient;
  let seqs: Record<string, number>;

  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout', 'performance'] });
    feed = new FakeFeed();
    gateway = await createTestGateway({
      feed,
      limits: { softBufferBytes: SOFT, hardBufferBytes: 10_000, laggingTimeoutMs: 3000 },
    });
    seqs = { X: 1, Y: 1 };
    for (const symbol of Object.keys(seqs)) {
      feed.announce(symbol);
      feed.publishSnapshot(snapshot(symbol));
    }
    slow = open('slow');
    fast = open('fast');
    for (const { send, socket } of [slow, fast]) {
      send({ type: 'subscribe', symbols: ['X', 'Y'], depth: 10, interval: 0 });
      await turnsUntil(() => socket.framesOf('snapshot').length === 2);
    }
  });
  afterEach(async () => {
    vi.useRealTimers();
    await gateway.stop();
  });

  it('gets no more deltas, and then one snapshot of each book, from which its deltas go on', async () => {
    await move('X', 3);
    setUnread(SOFT + 1);
    expect(slow.socket.framesOf('lagging')).toEqual([{ type: 'lagging', bufferedBytes: SOFT + 1 }]);
    await move('X', 5);
    await move('Y', 2);
    expect([deltas(slow.socket, 'X'), deltas(fast.socket, 'X')]).toEqual([
      [2, 3, 4],
      [2, 3, 4, 5, 6, 7, 8, 9],
    ]);
    setUnread(ROOM);
    expect(slow.socket.framesOf('snapshot').slice(2)).toMatchObject([
      { symbol: 'X', seq: 9, bids: [['10.0', '9']] },
      { symbol: 'Y', seq: 3, bids: [['10.0', '3']] },
    ]);
    await move('X', 1);
    expect(slow.socket.framesOf('delta').at(-1)).toMatchObject({ symbol: 'X', prev: 9, seq: 10 });
    expect(fast.socket.framesOf('snapshot')).toHaveLength(2);
    expect(fast.socket.framesOf('lagging')).toEqual([]);
    expect(await counts()).toEqual({ relayed: 22, delivered: 15, conflated: 7, evicted: 0 });
  });

  it('is told each time, and is held back each time', async () => {
    for (let i = 1; i <= 3; i++) {
      setUnread(SOFT + i);
      await move('X', 2);
      setUnread(0);
      expect(slow.socket.framesOf('lagging')).toHaveLength(i);
      expect(slow.socket.framesOf('snapshot')).toHaveLength(2 + 2 * i);
    }
    expect(deltas(slow.socket, 'X')).toEqual([]);
    expect(await counts()).toEqual({ relayed: 12, delivered: 6, conflated: 6, evicted: 0 });
  });

  it('catches up with as many books as there is room for, and with the others when it has read those', async () => {
    setUnread(SOFT + 1);
    await move('X', 1);
    await move('Y', 1);
    slow.socket.bytesPerSend = ROOM + 1;
    slow.socket.buffered = 0;
    slow.session.drained();
    expect(slow.socket.framesOf('snapshot').slice(2)).toMatchObject([{ symbol: 'X', seq: 2 }]);
    await move('X', 1);
    await move('Y', 1);
    expect([deltas(slow.socket, 'X'), deltas(slow.socket, 'Y')]).toEqual([[3], []]);
    slow.socket.buffered = 0;
    slow.session.drained();
    expect(slow.socket.framesOf('snapshot').slice(3)).toMatchObject([{ symbol: 'Y', seq: 3 }]);
    expect(slow.socket.framesOf('lagging')).toHaveLength(1);
  });

  it('is acknowledged what it subscribes to, and gets the snapshot when there is room for it', async () => {
    setUnread(ROOM + 1);
    slow.send({ type: 'subscribe', id: 7, symbol: 'X', depth: 1, interval: 0 });
    await turnsUntil(() => slow.socket.framesOf('ack').some(({ id }) => id === 7));
    await move('X', 2);
    expect(slow.socket.framesOf('snapshot')).toHaveLength(2);
    expect(deltas(slow.socket, 'X')).toEqual([2, 3]);
    setUnread(ROOM);
    expect(slow.socket.framesOf('snapshot').slice(2)).toMatchObject([{ symbol: 'X', depth: 1, seq: 3 }]);
    await move('X', 1);
    expect(deltas(slow.socket, 'X')).toEqual([2, 3, 4, 4]);
    expect(slow.socket.framesOf('lagging')).toEqual([]);
  });

  it('may give up a book that is held back, which then owes it nothing', async () => {
    setUnread(SOFT + 1);
    await move('X', 4);
    slow.send({ type: 'unsubscribe', id: 8, symbol: 'X', depth: 10, interval: 0 });
    setUnread(0);
    expect(slow.socket.framesOf('snapshot').slice(2)).toMatchObject([{ symbol: 'Y' }]);
    expect(await counts()).toEqual({ relayed: 8, delivered: 4, conflated: 4, evicted: 0 });
  });

  it('is told afterwards that a book is fresh again, or that it has grown stale', async () => {
    const books = gateway.services.books;
    books.showStatus('down', EVERYTHING);
    setUnread(SOFT + 1);
    await move('X', 1);
    setUnread(0);
    expect(staleness(slow.socket)).toEqual(['stale X', 'stale Y', 'fresh X', 'stale Y']);
    expect(staleness(fast.socket)).toEqual(['stale X', 'stale Y', 'fresh X']);
  });

  it('is closed past the hard limit, and what was held back counts as evicted', async () => {
    setUnread(SOFT + 1);
    await move('X', 3);
    setUnread(10_001);
    expect(slow.socket.closeCode).toEqual(CLOSE_CODES.slowConsumer);
    slow.session.closed(CLOSE_CODES.slowConsumer.code);
    await move('X', 1);
    expect(await counts()).toEqual({ relayed: 7, delivered: 4, conflated: 0, evicted: 3 });
  });

  it('is closed when it reads nothing for the time limit', () => {
    setUnread(SOFT + 1);
    vi.advanceTimersByTime(2900);
    expect(slow.socket.closeCode).toBeUndefined();
    vi.advanceTimersByTime(200);
    expect(slow.socket.closeCode).toEqual(CLOSE_CODES.slowConsumer);
    expect(fast.socket.closeCode).toBeUndefined();
  });

  it('skips snapshots on /orderbookfeed until it has caught up', async () => {
    const socket = gateway.transport.connect();
    const feed = new FeedConnection(
      {
        ...{ name: 'gw-1-1', address: '192.0.2.1', socket, encoding: socket.encoding, deadline: undefined },
        identity: identityOf('ann', { isGuest: false }),
      },
      gateway.services,
    );
    gateway.services.connections.add(feed);
    await feed.start(new URLSearchParams('symbol=X&depth=1&interval=100'));
    vi.advanceTimersByTime(300);
    const before = socket.framesOf('snapshot').length;
    expect(before).toBeGreaterThan(2);
    socket.buffered = SOFT + 1;
    vi.advanceTimersByTime(SWEEP_MS);
    const told = socket.framesOf('snapshot').length;
    await move('X', 1);
    vi.advanceTimersByTime(500);
    expect(socket.framesOf('snapshot')).toHaveLength(told);
    socket.buffered = 0;
    feed.drained();
    expect(socket.framesOf('snapshot').slice(told)).toMatchObject([{ seq: 2 }]);
    vi.advanceTimersByTime(200);
    expect(socket.framesOf('snapshot').length).toBeGreaterThan(told + 1);
    expect(socket.framesOf('lagging')).toHaveLength(1);
  });

  function open(user: string): TestClient {
    const client = gateway.connect(user);
    gateway.services.connections.add(client.session);
    return client;
  }

  /** So many bytes wait for the slow client, and the sweep has seen it. */
  function setUnread(bytes: number): void {
    slow.socket.buffered = bytes;
    vi.advanceTimersByTime(SWEEP_MS);
  }

  /** The book moves so many times; its best bid's size is its `seq`. */
  async function move(symbol: string, times: number): Promise<void> {
    for (let i = 0; i < times; i++) {
      const prev = seqs[symbol] ?? 0;
      seqs[symbol] = prev + 1;
      const delta: FeedDelta = { ...snapshot(symbol), prev };
      feed.publishDelta(delta);
    }
    await turnsUntil(() => deltas(fast.socket, symbol).at(-1) === seqs[symbol]);
  }

  function snapshot(symbol: string): FeedSnapshot {
    const seq = seqs[symbol] ?? 0;
    return {
      symbol,
      epoch: 'e',
      seq,
      venueSeq: seq,
      venueAt: 1,
      at: 1,
      priceScale: 1,
      sizeScale: 0,
      bids: [[100, seq]],
      asks: [],
    };
  }

  async function counts(): Promise<Record<string, number>> {
    const { metrics } = gateway.services;
    const valueOf = async (counter: GatewayMetrics['bookFramesRelayed']): Promise<number> =>
      (await counter.get()).values[0]?.value ?? 0;
    return {
      relayed: await valueOf(metrics.bookFramesRelayed),
      delivered: await valueOf(metrics.bookFramesDelivered),
      conflated: await valueOf(metrics.bookFramesConflated),
      evicted: await valueOf(metrics.bookFramesEvicted),
    };
  }
});

/** The feed bus delivers in a later turn of the event loop; timers stand still meanwhile. */
async function turnsUntil(isDone: () => boolean): Promise<void> {
  for (let turn = 0; turn < 100 && !isDone(); turn++) await new Promise((resolve) => setImmediate(resolve));
  expect(isDone()).toBe(true);
}

function deltas(socket: FakeSocket, symbol: string): readonly number[] {
  return socket.framesOf('delta').flatMap((delta) => (delta.symbol === symbol ? [delta.seq] : []));
}

function staleness(socket: FakeSocket): readonly string[] {
  return socket.frames.flatMap((frame) =>
    (frame.type === 'stale' || frame.type === 'fresh') && frame.symbol !== undefined
      ? [`${frame.type} ${frame.symbol}`]
      : [],
  );
}
