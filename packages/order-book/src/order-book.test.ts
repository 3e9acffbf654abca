import { describe, expect, it } from 'vitest';

import { diffLevels } from './diff-levels.ts';
import { type Level, Side } from './level.ts';
import { OrderBook } from './order-book.ts';

const BIDS: Level[] = [
  [100, 1],
  [99, 2],
  [97, 3],
];
const ASKS: Level[] = [
  [101, 4],
  [103, 5],
];

function createBook(): OrderBook {
  const book = new OrderBook();
  book.applySnapshot(BIDS, ASKS);
  return book;
}

describe('OrderBook', () => {
  it('is empty at first', () => {
    const book = new OrderBook();
    expect(book.bids()).toEqual([]);
    expect(book.bestBid).toBeUndefined();
    expect(book.bestAsk).toBeUndefined();
    expect(book.isCrossed).toBe(false);
  });

  it('shows both sides best first', () => {
    const book = createBook();
    expect(book.bids()).toEqual(BIDS);
    expect(book.asks()).toEqual(ASKS);
    expect(book.bestBid).toEqual([100, 1]);
    expect(book.bestAsk).toEqual([101, 4]);
    expect([book.bidCount, book.askCount]).toEqual([3, 2]);
  });

  it('cuts a view to its depth', () => {
    const book = createBook();
    expect(book.bids(2)).toEqual(BIDS.slice(0, 2));
    expect(book.asks(50)).toEqual(ASKS);
    expect(book.asks(0)).toEqual(ASKS);
  });

  it('inserts, resizes and removes levels', () => {
    const book = createBook();
    book.applyDelta(
      [
        [98, 7],
        [99, 9],
        [97, 0],
      ],
      [
        [102, 6],
        [101, 0],
      ],
    );
    expect(book.bids()).toEqual([
      [100, 1],
      [99, 9],
      [98, 7],
    ]);
    expect(book.asks()).toEqual([
      [102, 6],
      [103, 5],
    ]);
  });

  it('takes the removal of an absent level as no change', () => {
    const book = createBook();
    book.applyDelta([[42, 0]], [[1000, 0]]);
    expect(book.bids()).toEqual(BIDS);
    expect(book.asks()).toEqual(ASKS);
  });

  it('counts the later of two sizes for one price', () => {
    const book = createBook();
    book.applyDelta(
      [
        [100, 0],
        [100, 8],
      ],
      [],
    );
    expect(book.bestBid).toEqual([100, 8]);
  });

  it('forgets everything at a snapshot', () => {
    const book = createBook();
    book.applySnapshot([[50, 1]], []);
    expect(book.bids()).toEqual([[50, 1]]);
    expect(book.asks()).toEqual([]);
  });

  it('sorts a snapshot that is not, without its zero sizes', () => {
    const book = new OrderBook();
    book.applySnapshot(
      [
        [97, 3],
        [100, 1],
        [98, 0],
        [97, 4],
      ],
      ASKS.toReversed(),
    );
    expect(book.bids()).toEqual([
      [100, 1],
      [97, 4],
    ]);
    expect(book.asks()).toEqual(ASKS);
  });

  it('keeps nothing of the arrays it was given or has given', () => {
    const bids: Level[] = [...BIDS];
    const book = new OrderBook();
    book.applySnapshot(bids, ASKS);
    bids.pop();
    book.bids().pop();
    expect(book.bids()).toEqual(BIDS);
  });

  it('tells the size at a price', () => {
    const book = createBook();
    expect(book.sizeAt(Side.Bids, 99)).toBe(2);
    expect(book.sizeAt(Side.Bids, 98)).toBe(0);
    expect(book.sizeAt(Side.Asks, 103)).toBe(5);
    expect(book.sizeAt(Side.Asks, 104)).toBe(0);
  });

  it('has no size at a price that is better than the best, or on an empty side', () => {
    const book = createBook();
    expect(book.sizeAt(Side.Bids, 101)).toBe(0);
    expect(book.sizeAt(Side.Asks, 100)).toBe(0);
    expect(new OrderBook().sizeAt(Side.Bids, 100)).toBe(0);
  });

  it('is crossed when the best bid reaches the best ask', () => {
    const book = createBook();
    expect(book.isCrossed).toBe(false);
    book.applyDelta([[101, 1]], []);
    expect(book.isCrossed).toBe(true);
    book.applyDelta([[101, 0]], []);
    expect(book.isCrossed).toBe(false);
  });

  it('is not crossed while one of its sides is empty', () => {
    const book = new OrderBook();
    book.applySnapshot(BIDS, []);
    expect(book.isCrossed).toBe(false);
    book.applySnapshot([], ASKS);
    expect(book.isCrossed).toBe(false);
  });
});

describe('OrderBook under random deltas', () => {
  it.each([1, 2, 3, 4, 5])('equals a map of prices to sizes, and its diffs carry a view along (seed %i)', (seed) => {
    const random = createRandom(seed);
    const model = { bids: new Map<number, number>(), asks: new Map<number, number>() };
    const book = new OrderBook();
    const depth = 1 + random(20);
    let view: { bids: Level[]; asks: Level[] } = { bids: [], asks: [] };

    for (let step = 0; step < 2000; step++) {
      const bids = randomLevels(random);
      const asks = randomLevels(random);
      if (random(200) === 0) {
        model.bids.clear();
        model.asks.clear();
        book.applySnapshot(bids, asks);
      } else {
        book.applyDelta(bids, asks);
      }
      applyToMap(model.bids, bids);
      applyToMap(model.asks, asks);

      const expectedBids = [...model.bids].sort((a, b) => b[0] - a[0]);
      const expectedAsks = [...model.asks].sort((a, b) => a[0] - b[0]);
      expect(book.bids()).toEqual(expectedBids);
      expect(book.asks()).toEqual(expectedAsks);
      expect(book.bids(depth)).toEqual(expectedBids.slice(0, depth));

      view = {
        bids: patchView(view.bids, diffLevels(view.bids, book.bids(depth), Side.Bids), Side.Bids),
        asks: patchView(view.asks, diffLevels(view.asks, book.asks(depth), Side.Asks), Side.Asks),
      };
      expect(view.bids).toEqual(expectedBids.slice(0, depth));
      expect(view.asks).toEqual(expectedAsks.slice(0, depth));
    }
  });
});

/** A linear congruential generator (the constants of Numerical Recipes): whole numbers below a bound. */
function createRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Prices from a narrow band, so that levels are often hit again; one in three removes. */
function randomLevels(random: (below: number) => number): Level[] {
  return Array.from({ length: random(6) }, () => [random(60), random(3) === 0 ? 0 : 1 + random(1000)]);
}

function applyToMap(map: Map<number, number>, levels: readonly Level[]): void {
  for (const [price, size] of levels) {
    if (size === 0) map.delete(price);
    else map.set(price, size);
  }
}

function patchView(view: readonly Level[], changes: readonly Level[], side: Side): Level[] {
  const map = new Map(view);
  applyToMap(map, changes);
  return [...map].sort((a, b) => (side === Side.Bids ? b[0] - a[0] : a[0] - b[0]));
}
