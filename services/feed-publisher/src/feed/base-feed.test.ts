import type { Level } from '@outcry/order-book';
import { beforeEach, describe, expect, it } from 'vitest';

import { BaseFeed } from './base-feed.ts';
import type { BookEvent } from '../sources/book-source.ts';

const SCALES = { priceScale: 2, sizeScale: 5 };
const INSTRUMENT = { symbol: 'BTCUSDT', ...SCALES, sourceKind: 'replay' } as const;

function snapshot(venueSeq: number, bids: Level[] = [[100, 1]], asks: Level[] = [[101, 2]]): BookEvent {
  return { kind: 'snapshot', bids, asks, venueSeq, venueAt: venueSeq * 10 };
}

function delta(venueSeq: number, bids: Level[], asks: Level[] = []): BookEvent {
  return { kind: 'delta', bids, asks, venueSeq, venueAt: venueSeq * 10 };
}

let feed: BaseFeed;
beforeEach(() => {
  let epochs = 0;
  feed = new BaseFeed({
    symbol: 'BTCUSDT',
    scales: SCALES,
    sourceKind: 'replay',
    createEpoch: () => `epoch-${String(++epochs)}`,
  });
});

describe('BaseFeed', () => {
  it('begins an epoch with the snapshot at seq 1', () => {
    feed.apply(snapshot(7));
    expect(feed.hasChanges).toBe(false);
    expect(feed.snapshot(5)).toEqual({
      ...INSTRUMENT,
      epoch: 'epoch-1',
      seq: 1,
      venueSeq: 7,
      venueAt: 70,
      at: 5,
      bids: [[100, 1]],
      asks: [[101, 2]],
    });
  });

  it('numbers deltas behind it, and a later snapshot has the seq of the last one', () => {
    feed.apply(snapshot(7));
    feed.apply(delta(8, [[99, 5]]));
    expect(feed.takeDelta(6)).toEqual({
      symbol: 'BTCUSDT',
      epoch: 'epoch-1',
      prev: 1,
      seq: 2,
      venueSeq: 8,
      venueAt: 80,
      at: 6,
      bids: [[99, 5]],
      asks: [],
    });
    feed.apply(delta(9, [], [[101, 0]]));
    expect(feed.takeDelta(7)).toMatchObject({ prev: 2, seq: 3 });
    expect(feed.snapshot(8)).toMatchObject({
      epoch: 'epoch-1',
      seq: 3,
      bids: [
        [100, 1],
        [99, 5],
      ],
      asks: [],
    });
  });

  it('merges events into one delta, each level once, best first, with the last times', () => {
    feed.apply(snapshot(1));
    feed.apply(delta(2, [[98, 1]], [[105, 1]]));
    feed.apply(
      delta(
        3,
        [
          [99, 4],
          [98, 0],
        ],
        [[103, 3]],
      ),
    );
    expect(feed.takeDelta(0)).toMatchObject({
      venueSeq: 3,
      venueAt: 30,
      bids: [
        [99, 4],
        [98, 0],
      ],
      asks: [
        [103, 3],
        [105, 1],
      ],
    });
    expect(feed.hasChanges).toBe(false);
  });

  it('makes a delta of an event that changes nothing', () => {
    feed.apply(snapshot(1));
    feed.apply(delta(2, []));
    expect(feed.hasChanges).toBe(true);
    expect(feed.takeDelta(0)).toMatchObject({ prev: 1, seq: 2, venueSeq: 2, bids: [], asks: [] });
  });

  it('leaves frames alone once they are given', () => {
    feed.apply(snapshot(1));
    feed.apply(delta(2, [[99, 5]]));
    const [frame, book] = [feed.takeDelta(0), feed.snapshot(0)];
    const copies = structuredClone([frame, book]);
    feed.apply(delta(3, [[99, 6]]));
    feed.takeDelta(0);
    expect([frame, book]).toEqual(copies);
  });

  it('starts an epoch at a snapshot event, where the venue may number anew', () => {
    feed.apply(snapshot(100));
    feed.apply(delta(101, [[99, 5]]));
    feed.apply(snapshot(3, [[50, 1]], [[51, 1]]));
    expect(feed.hasChanges).toBe(false);
    expect(feed.snapshot(0)).toMatchObject({ epoch: 'epoch-2', seq: 1, venueSeq: 3, bids: [[50, 1]] });
  });

  it('starts an epoch when it is told to, with all changes in the snapshot', () => {
    feed.apply(snapshot(1));
    feed.apply(delta(2, [[99, 5]]));
    feed.startEpoch();
    expect(feed.hasChanges).toBe(false);
    expect(feed.snapshot(0)).toMatchObject({
      epoch: 'epoch-2',
      seq: 1,
      venueSeq: 2,
      bids: [
        [100, 1],
        [99, 5],
      ],
    });
    feed.apply(delta(3, []));
    expect(feed.takeDelta(0)).toMatchObject({ epoch: 'epoch-2', prev: 1, seq: 2 });
  });

  it('refuses a delta before any snapshot', () => {
    expect(() => {
      feed.apply(delta(1, []));
    }).toThrow('the source began without a snapshot');
  });

  it('refuses a venue sequence that goes back, not one that stands still', () => {
    feed.apply(snapshot(5));
    feed.apply(delta(5, []));
    expect(() => {
      feed.apply(delta(4, []));
    }).toThrow("the venue's sequence went back from 5 to 4");
  });

  it('refuses a crossed book, whichever event makes it', () => {
    feed.apply(snapshot(1));
    expect(() => {
      feed.apply(delta(2, [[101, 1]]));
    }).toThrow('the book is crossed at update 2: bid 101, ask 101 (ticks)');
    expect(() => {
      feed.apply(snapshot(3, [[102, 1]], [[101, 1]]));
    }).toThrow('the book is crossed at update 3');
  });
});
