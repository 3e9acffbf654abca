import { describe, expect, it } from 'vitest';

import { DepthAlignment, isBehindStream } from './depth-alignment.ts';
import type { DepthSnapshot, DepthUpdate } from './depth-frames.ts';

function spot(firstId: number, lastId: number): DepthUpdate {
  return { type: 'update', symbol: 'X', firstId, lastId, previousLastId: undefined, at: 0, bids: [], asks: [] };
}

function futures(previousLastId: number, firstId: number, lastId: number): DepthUpdate {
  return { ...spot(firstId, lastId), previousLastId };
}

function snapshot(lastId: number): DepthSnapshot {
  return { type: 'snapshot', lastId, at: undefined, bids: [], asks: [] };
}

/** The updates that are applied, by their last ids: those before the snapshot, then those after it. */
function align(before: readonly DepthUpdate[], lastId: number, after: readonly DepthUpdate[] = []): number[] {
  const alignment = new DepthAlignment<DepthUpdate>();
  expect(before.filter((update) => alignment.acceptUpdate(update))).toEqual([]);
  const updates = [...alignment.acceptSnapshot(snapshot(lastId)), ...after];
  return updates.filter((update) => alignment.acceptUpdate(update)).map((update) => update.lastId);
}

describe('DepthAlignment on spot', () => {
  it('drops what the snapshot holds already', () => {
    expect(align([spot(1, 5), spot(6, 10), spot(11, 15)], 10, [spot(16, 16)])).toEqual([15, 16]);
  });

  it('applies the event that the snapshot cuts through', () => {
    expect(align([spot(1, 5), spot(6, 10)], 8)).toEqual([10]);
  });

  it('waits behind a snapshot that is newer than all events', () => {
    expect(align([spot(1, 5)], 20, [spot(6, 15), spot(16, 20), spot(21, 22)])).toEqual([22]);
  });

  it('begins right behind a snapshot that comes before any event', () => {
    expect(align([], 10, [spot(11, 12)])).toEqual([12]);
  });

  it('refuses a snapshot that is older than the first event', () => {
    expect(() => align([spot(12, 15)], 10)).toThrow('it ends at update 10, the first event begins at 12');
  });

  it.each([
    ['a hole', spot(14, 15)],
    ['a repetition', spot(11, 12)],
    ['an overlap', spot(12, 15)],
  ])('refuses %s', (_, next) => {
    expect(() => align([], 10, [spot(11, 12), next])).toThrow(/a gap in the depth stream: U is 1\d, expected 13/);
  });
});

describe('DepthAlignment on futures', () => {
  it('drops older events, and keeps the one that ends at the snapshot', () => {
    const events = [futures(0, 2, 5), futures(5, 7, 10), futures(10, 13, 15)];
    expect(align(events, 10)).toEqual([10, 15]);
    expect(align(events, 9)).toEqual([10, 15]);
  });

  it('follows pu, not the ids, which have holes', () => {
    expect(align([], 10, [futures(7, 9, 12), futures(12, 40, 41)])).toEqual([12, 41]);
  });

  it('refuses a pu that is not the last applied id, even where the ids are contiguous', () => {
    expect(() => align([], 10, [futures(7, 9, 12), futures(11, 13, 14)])).toThrow('pu is 11, expected 12');
  });

  it('refuses a snapshot that is older than the first event', () => {
    expect(() => align([futures(11, 12, 15)], 10)).toThrow('it ends at update 10, the first event begins at 12');
  });

  it('takes the event whose pu is the snapshot, as the next of a quiet book is', () => {
    expect(align([], 10, [futures(10, 14, 15), futures(15, 17, 18)])).toEqual([15, 18]);
  });
});

describe('DepthAlignment', () => {
  it('refuses a second snapshot', () => {
    const alignment = new DepthAlignment<DepthUpdate>();
    alignment.acceptSnapshot(snapshot(1));
    expect(() => alignment.acceptSnapshot(snapshot(2))).toThrow('a second depth snapshot');
  });

  it('keeps a bounded number of events while there is no snapshot', () => {
    const alignment = new DepthAlignment<DepthUpdate>();
    for (let id = 1; id <= 10_000; id++) alignment.acceptUpdate(spot(id, id));
    expect(() => alignment.acceptUpdate(spot(10_001, 10_001))).toThrow('no depth snapshot');
  });
});

describe('isBehindStream', () => {
  it.each([
    ['spot that begins later', spot(12, 15), true],
    ['spot that begins right behind', spot(11, 15), false],
    ['spot that the snapshot holds', spot(5, 10), false],
    ['futures that begin later', futures(11, 12, 15), true],
    ['futures that follow the snapshot', futures(10, 12, 15), false],
    ['futures that the snapshot cuts through', futures(7, 9, 12), false],
    ['futures that the snapshot holds', futures(4, 5, 9), false],
  ])('compares the snapshot with %s', (_, first, isBehind) => {
    expect(isBehindStream(snapshot(10), first)).toBe(isBehind);
  });
});
