import type { FeedDelta, FeedSnapshot } from '@outcry/broker';
import { createLogger } from '@outcry/service';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { FakeFeed } from '../testing/fake-feed.ts';
import { BookReplica } from './book-replica.ts';

const HEAD = { symbol: 'X', venueSeq: 1, venueAt: 1, at: 1 };

function snapshot(epoch: string, seq: number): FeedSnapshot {
  return { ...HEAD, epoch, seq, bids: [[100, seq]], asks: [[101, seq]], priceScale: 1, sizeScale: 0 };
}

function delta(epoch: string, seq: number): FeedDelta {
  return { ...HEAD, epoch, seq, prev: seq - 1, bids: [[100, seq]], asks: [] };
}

describe('BookReplica', () => {
  const logger = createLogger({ level: 'silent', fields: {} });
  let feed: FakeFeed;
  let replica: BookReplica;
  let told: string[];
  let resyncs: number;
  beforeEach(async () => {
    vi.useFakeTimers();
    feed = new FakeFeed();
    feed.storeSnapshot(snapshot('e1', 10));
    told = [];
    resyncs = 0;
    replica = new BookReplica({
      symbol: 'X',
      feedBus: feed,
      logger,
      countResync: () => (resyncs += 1),
      listener: {
        moved: ({ seq }) => told.push(`moved ${String(seq)}`),
        replaced: () => told.push(`replaced by ${String(replica.state?.epoch)} ${String(replica.state?.seq)}`),
        staleChanged: (isStale) => told.push(isStale ? 'stale' : 'fresh'),
      },
    });
    await replica.start();
    told = [];
  });
  afterEach(() => {
    replica.close();
    vi.restoreAllMocks();
    vi.useRealTimers();
  });

  it('reads the book anew on a pulse of another epoch, whose first snapshot was lost', async () => {
    feed.storeSnapshot(snapshot('e2', 3));
    feed.publishPulse({ symbol: 'X', epoch: 'e2', seq: 3 });
    await vi.advanceTimersByTimeAsync(0);
    expect(replica.state).toMatchObject({ epoch: 'e2', seq: 3 });
    expect(told).toEqual(['replaced by e2 3']);
    expect(resyncs).toBe(1);
  });

  it('shows no old book as fresh while pulses of another epoch come and the book cannot be read', async () => {
    vi.spyOn(feed, 'readBook').mockRejectedValue(new Error('away'));
    for (let second = 0; second < 4; second += 1) {
      feed.publishPulse({ symbol: 'X', epoch: 'e2', seq: 3 });
      await vi.advanceTimersByTimeAsync(1000);
    }
    expect(replica.isStale).toBe(true);
  });

  it('reads the book anew on a pulse that is ahead, and takes one that is not for life', async () => {
    feed.storeDelta(delta('e1', 11));
    feed.publishPulse({ symbol: 'X', epoch: 'e1', seq: 11 });
    await vi.advanceTimersByTimeAsync(0);
    expect(replica.state?.seq).toBe(11);
    for (let second = 0; second < 5; second += 1) {
      feed.publishPulse({ symbol: 'X', epoch: 'e1', seq: 11 });
      await vi.advanceTimersByTimeAsync(1000);
    }
    expect(replica.isStale).toBe(false);
    await vi.advanceTimersByTimeAsync(2000);
    expect(replica.isStale).toBe(true);
    expect(resyncs).toBe(1);
  });

  it('reads the book anew where a delta is missing, and applies what came meanwhile', async () => {
    feed.storeDelta(delta('e1', 11));
    feed.storeDelta(delta('e1', 12));
    feed.publishDelta(delta('e1', 12));
    feed.publishDelta(delta('e1', 13));
    await vi.advanceTimersByTimeAsync(0);
    expect(replica.state?.seq).toBe(13);
    expect(told).toEqual(['replaced by e1 12', 'moved 13']);
  });

  it.each([5, 11])('reads the book anew at a delta of another epoch, whatever its place in that: %i', async (seq) => {
    feed.storeSnapshot(snapshot('e2', seq));
    feed.handlerOf('X')?.handleDelta(delta('e2', seq));
    await vi.advanceTimersByTimeAsync(0);
    expect(replica.state).toMatchObject({ epoch: 'e2', seq });
    expect(told).toEqual([`replaced by e2 ${String(seq)}`]);
  });

  it('says stale while the book cannot be read, though pulses say that the old one is as it was', async () => {
    vi.spyOn(feed, 'readBook').mockReturnValue(new Promise(() => undefined));
    replica.resync();
    for (let second = 0; second < 3; second += 1) {
      await vi.advanceTimersByTimeAsync(1000);
      feed.publishPulse({ symbol: 'X', epoch: 'e1', seq: 10 });
    }
    expect(told).toEqual(['stale']);
  });

  it('ignores what it has seen', async () => {
    feed.handlerOf('X')?.handleDelta(delta('e1', 10));
    feed.handlerOf('X')?.handleSnapshot(snapshot('e1', 9));
    await vi.advanceTimersByTimeAsync(0);
    expect(resyncs).toBe(0);
    expect(told).toEqual([]);
    expect(replica.state?.seq).toBe(10);
  });

  it('reads the book again a second after it could not, and only then', async () => {
    const read = vi.spyOn(feed, 'readBook').mockRejectedValueOnce(new Error('away'));
    feed.storeDelta(delta('e1', 11));
    replica.resync();
    await vi.advanceTimersByTimeAsync(999);
    expect(read).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(replica.state?.seq).toBe(11);
    expect(resyncs).toBe(2);
  });

  it('reads a book that could not be read no more often because much of it comes, and at once where it is told to', async () => {
    const read = vi.spyOn(feed, 'readBook').mockRejectedValue(new Error('away'));
    for (let seq = 12; seq < 112; seq += 1) {
      feed.publishDelta(delta('e1', seq));
      feed.publishPulse({ symbol: 'X', epoch: 'e2', seq });
      await vi.advanceTimersByTimeAsync(10);
    }
    expect(read).toHaveBeenCalledTimes(2);
    read.mockRestore();
    feed.storeSnapshot(snapshot('e1', 111));
    replica.resync();
    await vi.advanceTimersByTimeAsync(0);
    expect(replica.state?.seq).toBe(111);
    await vi.advanceTimersByTimeAsync(1500);
    expect(resyncs).toBe(3);
    expect(told).toEqual(['replaced by e1 111']);
  });

  it('does not read what it could not read when the publisher has shown the whole of it meanwhile', async () => {
    const read = vi.spyOn(feed, 'readBook').mockRejectedValue(new Error('away'));
    replica.resync();
    await vi.advanceTimersByTimeAsync(500);
    feed.publishSnapshot(snapshot('e1', 20));
    await vi.advanceTimersByTimeAsync(1000);
    expect(read).toHaveBeenCalledTimes(1);
    read.mockRestore();
    feed.publishDelta(delta('e1', 22));
    await vi.advanceTimersByTimeAsync(0);
    expect(told).toEqual(['replaced by e1 20', 'replaced by e1 22']);
  });

  it('reads the book once however often it is told to while it does, and keeps to what it was where there is none', async () => {
    const read = vi.spyOn(feed, 'readBook').mockResolvedValueOnce(undefined);
    replica.resync();
    replica.resync();
    feed.publishPulse({ symbol: 'X', epoch: 'e2', seq: 1 });
    feed.publishSnapshot(snapshot('e2', 1));
    await vi.advanceTimersByTimeAsync(0);
    expect(read).toHaveBeenCalledTimes(1);
    expect(told).toEqual([]);
    expect(replica.state).toMatchObject({ epoch: 'e1', seq: 10 });
  });

  it('reads the book once more where too much came meanwhile, in place of what would have a hole', async () => {
    const read = vi.spyOn(feed, 'readBook');
    replica.resync();
    for (let seq = 11; seq <= 10_011; seq += 1) feed.publishDelta(delta('e1', seq));
    await vi.advanceTimersByTimeAsync(0);
    expect(read).toHaveBeenCalledTimes(2);
    expect(told).toEqual(['replaced by e1 10', 'replaced by e1 10011']);
  });

  it('applies as much as may come meanwhile', async () => {
    const read = vi.spyOn(feed, 'readBook');
    replica.resync();
    for (let seq = 11; seq < 10_010; seq += 1) feed.publishDelta(delta('e1', seq));
    await vi.advanceTimersByTimeAsync(0);
    expect(read).toHaveBeenCalledTimes(1);
    expect(replica.state?.seq).toBe(10_009);
  });

  it('says stale after two seconds without news, whatever the news was', async () => {
    const news = [
      () => {
        feed.publishDelta(delta('e1', 11));
      },
      () => {
        feed.publishSnapshot(snapshot('e1', 11));
      },
      () => {
        feed.publishPulse({ symbol: 'X', epoch: 'e1', seq: 11 });
      },
      () => {
        replica.resync();
      },
    ];
    for (const happens of news) {
      await vi.advanceTimersByTimeAsync(1999);
      happens();
      await vi.advanceTimersByTimeAsync(0);
    }
    expect(replica.isStale).toBe(false);
    await vi.advanceTimersByTimeAsync(1999);
    expect(replica.isStale).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(told.filter((what) => !what.startsWith('replaced'))).toEqual(['moved 11', 'stale']);
    replica.markStale();
    expect(told.filter((what) => what === 'stale')).toHaveLength(1);
  });

  it('does nothing any more once it is closed', async () => {
    const read = vi.spyOn(feed, 'readBook');
    feed.storeDelta(delta('e1', 11));
    replica.resync();
    replica.close();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(read).toHaveBeenCalledTimes(1);
    expect(told).toEqual([]);
    expect(feed.handlerOf('X')).toBeUndefined();
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each(['before', 'while', 'after'])('reads nothing again once it is closed, %s a reading fails', async (when) => {
    const read = vi.spyOn(feed, 'readBook').mockRejectedValue(new Error('away'));
    if (when === 'before') replica.close();
    replica.resync();
    if (when === 'while') replica.close();
    await vi.advanceTimersByTimeAsync(0);
    if (when === 'after') replica.close();
    expect(vi.getTimerCount()).toBe(0);
    expect(read).toHaveBeenCalledTimes(when === 'before' ? 0 : 1);
  });

  it('leaves in the log what failed, and of which book', async () => {
    const warned = vi.spyOn(logger, 'warn');
    const err = new Error('away');
    vi.spyOn(feed, 'readBook').mockRejectedValueOnce(err);
    vi.spyOn(feed, 'unwatch').mockRejectedValueOnce(err);
    replica.resync();
    await vi.advanceTimersByTimeAsync(0);
    replica.close();
    await vi.advanceTimersByTimeAsync(0);
    expect(warned.mock.calls).toEqual([
      [{ err, symbol: 'X' }, 'book not read'],
      [{ err, symbol: 'X' }, 'book not unwatched'],
    ]);
  });
});
