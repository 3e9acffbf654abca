import { bookChecksum } from '@outcry/order-book';
import { describe, expect, it } from 'vitest';

import { MirrorBook } from './mirror-book.ts';

const SCALES = { priceScale: 2, sizeScale: 3 };
const SNAPSHOT = {
  ...SCALES,
  bids: [[9900, 5]],
  asks: [[10100, 7]],
  checksum: bookChecksum([[9900, 5]], [[10100, 7]]),
  seq: 1,
} as const;
const DELTA = {
  bids: [[9950, 2]],
  asks: [[10100, 0]],
  checksum: bookChecksum(
    [
      [9950, 2],
      [9900, 5],
    ],
    [],
  ),
  prev: 1,
  seq: 2,
} as const;

describe('MirrorBook', () => {
  it('holds what it was sent against the checksums, in integers or decimals', () => {
    const [integers, decimals] = [new MirrorBook(), new MirrorBook()];
    expect(integers.snapshot(SNAPSHOT)).toBe(true);
    expect(integers.delta(DELTA)).toBe(true);
    expect(decimals.snapshot({ ...SNAPSHOT, bids: [['99.00', '0.005']], asks: [['101.00', '0.007']] })).toBe(true);
    expect(decimals.delta({ ...DELTA, bids: [['99.50', '0.002']], asks: [['101.00', '0.000']] })).toBe(true);
  });

  it('finds a level that was altered on its way, and a frame without a checksum', () => {
    const book = new MirrorBook();
    expect(book.snapshot({ ...SNAPSHOT, bids: [[9900, 6]] })).toBe(false);
    expect(book.snapshot(SNAPSHOT)).toBe(true);
    expect(book.delta({ ...DELTA, bids: [[9950, 3]] })).toBe(false);
    const { checksum: _, ...bare } = SNAPSHOT;
    expect(book.snapshot(bare)).toBe(false);
  });

  it('says nothing behind a hole, until the next snapshot', () => {
    const book = new MirrorBook();
    book.snapshot(SNAPSHOT);
    expect(book.delta({ ...DELTA, prev: 5, seq: 6, checksum: 0 })).toBe(true);
    expect(book.delta({ ...DELTA, prev: 6, seq: 7, checksum: 0 })).toBe(true);
    expect(book.snapshot({ ...SNAPSHOT, checksum: 0 })).toBe(false);
  });
});
