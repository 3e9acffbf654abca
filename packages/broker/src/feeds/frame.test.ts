import { describe, expect, it } from 'vitest';
import { pack } from 'msgpackr';
import type { FeedDelta, FeedSnapshot } from './bus.ts';
import { decodeFeedFrame, encodeDeltaFrame, encodePulseFrame, encodeSnapshotFrame } from './frame.ts';

const COMMON = {
  symbol: 'BTC/USDT',
  epoch: 'abcdefgh',
  seq: 2 ** 53 - 1,
  venueSeq: 5_024_563_842_113,
  venueAt: 1_723_075_200_123,
  at: 0,
} as const;
const SNAPSHOT: FeedSnapshot = {
  ...COMMON,
  bids: [
    [6_173_762, 2 ** 53 - 1],
    [-1, 1],
  ],
  asks: [],
  priceScale: 2,
  sizeScale: 8,
};
const DELTA: FeedDelta = { ...COMMON, bids: [], asks: [[6_173_763, 0]], prev: 2 ** 53 - 2 };

const FIELDS = [2, 'S', 'e', 1, 2, 3, 4, [], [], 0];
const altered = (index: number, value: unknown): Uint8Array => pack(FIELDS.with(index, value as number));

describe('feed frame', () => {
  it('carries snapshots, deltas and pulses, integers exact to 2^53', () => {
    expect(decodeFeedFrame(encodeSnapshotFrame(SNAPSHOT))).toEqual({ kind: 'snapshot', snapshot: SNAPSHOT });
    expect(decodeFeedFrame(encodeDeltaFrame(DELTA))).toEqual({ kind: 'delta', delta: DELTA });
    const { symbol, epoch, seq } = COMMON;
    expect(decodeFeedFrame(encodePulseFrame({ symbol, epoch, seq }))).toEqual({
      kind: 'pulse',
      pulse: { symbol, epoch, seq },
    });
  });

  it.each(['simulated', 'replay', 'live'] as const)('says of a snapshot that its book is %s', (sourceKind) => {
    const snapshot = { ...SNAPSHOT, sourceKind };
    expect(decodeFeedFrame(encodeSnapshotFrame(snapshot))).toEqual({ kind: 'snapshot', snapshot });
  });

  it('takes a kind of a later version for none', () => {
    const later = { ...SNAPSHOT, sourceKind: 'delayed' } as unknown as FeedSnapshot;
    expect(decodeFeedFrame(encodeSnapshotFrame(later))).toEqual({ kind: 'snapshot', snapshot: SNAPSHOT });
  });

  it('reads 64-bit integers that another writer has made', () => {
    const bytes = Buffer.from(pack(FIELDS));
    expect(decodeFeedFrame(bytes)).toMatchObject({ kind: 'delta', delta: { seq: 1 } });
    const wide = Buffer.concat([bytes.subarray(0, 6), Buffer.from('cf0000000000000001', 'hex'), bytes.subarray(7)]);
    expect(decodeFeedFrame(wide)).toMatchObject({ kind: 'delta', delta: { seq: 1 } });
  });

  it.each([
    ['nothing', new Uint8Array()],
    ['text', Buffer.from('hello')],
    ['what breaks off', encodeSnapshotFrame(SNAPSHOT).subarray(0, 20)],
    ['a map', pack({ symbol: 'S' })],
    ['an unknown tag', altered(0, 4)],
    ['a symbol that is no text', altered(1, 5)],
    ['an epoch that is no text', altered(2, null)],
    ['a negative seq', altered(3, -1)],
    ['a fractional venueSeq', altered(4, 1.5)],
    ['a time that is no number', altered(5, '3')],
    ['levels that are no list', altered(7, 'x')],
    ['a pulse without seq', pack([3, 'S', 'e'])],
    ['half a level', altered(7, [1])],
    ['a negative size', altered(8, [1, -1])],
    ['a fractional price', altered(8, [1.5, 1])],
    ['a delta without prev', pack(FIELDS.slice(0, -1))],
    ['a snapshot without scales', altered(0, 1)],
    ['nesting without end', Buffer.alloc(100_000, 0x91)],
  ])('takes %s for none', (_, bytes) => {
    expect(decodeFeedFrame(bytes)).toBeUndefined();
  });
});
