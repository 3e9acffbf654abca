import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BookWatch } from './book-watch.ts';
import { deltaFrame, heartbeatFrame, snapshotFrame } from './testing/book-frames.ts';
import { disconnected, FakeRequester, unavailable } from './testing/fake-requester.ts';

const CHOICE = { symbol: 'BTCUSDT', depth: 10, interval: 100 };

function createWatch(): { watch: BookWatch; connection: FakeRequester } {
  const connection = new FakeRequester();
  const watch = new BookWatch({ connection, onChange: () => undefined });
  watch.watch(CHOICE);
  return { watch, connection };
}

describe('BookWatch', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: 1_000_000 });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('subscribes, and applies what follows the snapshot', () => {
    const { watch, connection } = createWatch();
    watch.handleFrame(snapshotFrame());
    watch.handleFrame(deltaFrame({ bids: [['100.20', '1.000']] }));
    expect(connection.sent).toEqual([{ type: 'subscribe', ...CHOICE }]);
    expect(watch.book?.bids[0]?.price).toBe('100.20');
    expect(watch.changes).toHaveLength(1);
  });

  it('subscribes again after a gap, and applies nothing until the new snapshot', () => {
    const { watch, connection } = createWatch();
    watch.handleFrame(snapshotFrame());
    watch.handleFrame(deltaFrame({ prev: 8, seq: 9, bids: [['100.20', '1.000']] }));
    watch.handleFrame(deltaFrame({ prev: 9, seq: 10, bids: [['100.30', '1.000']] }));
    expect(connection.sentOf('subscribe')).toHaveLength(2);
    expect(watch.book?.bids[0]?.price).toBe('100.00');

    watch.handleFrame(snapshotFrame({ seq: 10 }));
    watch.handleFrame(deltaFrame({ prev: 10, seq: 11, bids: [['100.40', '1.000']] }));
    expect(watch.book?.bids[0]?.price).toBe('100.40');
    expect(connection.sentOf('subscribe')).toHaveLength(2);
  });

  it('subscribes again when a heartbeat tells of a frame that never came', () => {
    const { watch, connection } = createWatch();
    watch.handleFrame(snapshotFrame());
    watch.handleFrame(heartbeatFrame(7));
    expect(connection.sentOf('subscribe')).toHaveLength(1);
    watch.handleFrame(heartbeatFrame(8));
    expect(connection.sentOf('subscribe')).toHaveLength(2);
  });

  it('leaves the old class and ignores its late frames when another is chosen', () => {
    const { watch, connection } = createWatch();
    watch.handleFrame(snapshotFrame());
    watch.watch({ ...CHOICE, depth: 25 });
    watch.handleFrame(deltaFrame());
    expect(connection.sentOf('unsubscribe')).toEqual([{ type: 'unsubscribe', ...CHOICE }]);
    expect(watch.book).toBeUndefined();
    watch.handleFrame(snapshotFrame({ depth: 25 }));
    expect(watch.book?.seq).toBe(7);
  });

  it('goes on as it is when the same class is chosen again', () => {
    const { watch, connection } = createWatch();
    watch.watch({ ...CHOICE });
    expect(connection.sent).toHaveLength(1);
  });

  it('tries again in a while where the book is unavailable, and says why there is none', async () => {
    const { watch, connection } = createWatch();
    await connection.fail('subscribe', unavailable());
    expect(watch.problem).toBe('The broker did not answer.');
    await vi.advanceTimersByTimeAsync(2_000);
    expect(connection.sentOf('subscribe')).toHaveLength(2);
  });

  it('leaves trying again to the next connection where this one is lost', async () => {
    const { watch, connection } = createWatch();
    await connection.fail('subscribe', disconnected());
    await vi.advanceTimersByTimeAsync(60_000);
    expect(connection.sentOf('subscribe')).toHaveLength(1);
    expect(watch.problem).toBeUndefined();
  });

  it('is stale when told so, until it is told otherwise', () => {
    const { watch } = createWatch();
    watch.handleFrame(snapshotFrame());
    watch.handleFrame({ type: 'stale', symbol: 'ETHUSDT' });
    expect(watch.isStale(Date.now())).toBe(false);
    watch.handleFrame({ type: 'stale', symbol: 'BTCUSDT' });
    expect(watch.isStale(Date.now())).toBe(true);
    watch.handleFrame({ type: 'fresh', symbol: 'BTCUSDT' });
    expect(watch.isStale(Date.now())).toBe(false);
  });

  it('is stale after three seconds without even a heartbeat', () => {
    const { watch } = createWatch();
    watch.handleFrame(snapshotFrame());
    expect(watch.isStale(Date.now() + 3_000)).toBe(false);
    expect(watch.isStale(Date.now() + 3_001)).toBe(true);
  });
});
