import { describe, expect, it } from 'vitest';

import { ladder } from './book.ts';

/** A book of ten levels a side, with prices from 91 to 110. */
const BOOK: Parameters<typeof ladder>[0] = {
  symbol: 'BTCUSDT',
  status: 'live',
  bids: Array.from({ length: 10 }, (_, i) => [100 - i, i + 1] as const),
  asks: Array.from({ length: 10 }, (_, i) => [101 + i, i + 1] as const),
  stamp: undefined,
  ageMs: 0,
  toDecimal: ([price, size]) => ({ price: String(price), size: String(size) }),
};
const PLAIN = { paint: (_: string, text: string) => text };

describe('ladder', () => {
  it('has asks above bids, the best of both in the middle', () => {
    expect(ladder({ ...BOOK, bids: BOOK.bids.slice(0, 2), asks: BOOK.asks.slice(0, 2) })).toEqual([
      'BTCUSDT  live',
      '102  2',
      '101  1',
      '──────',
      '100  1',
      ' 99  2',
    ]);
  });

  it('has only as many levels as a screen has room for, the best ones, and all of them elsewhere', () => {
    expect(ladder(BOOK)).toHaveLength(22);
    const lines = ladder(BOOK, { screen: { ...PLAIN, rows: 8 } });
    expect(lines).toHaveLength(6);
    expect(lines.map((line) => line.slice(0, 3))).toEqual(['BTC', '102', '101', '───', '100', ' 99']);
    expect(ladder(BOOK, { screen: { ...PLAIN, rows: 1 } })).toHaveLength(4);
  });

  it('is red above and green below, and its status yellow where it is not live', () => {
    const paint = (style: string, text: string): string => `${style} ${text.trim()}`;
    const lines = ladder({ ...BOOK, status: 'stale', ageMs: 3200 }, { screen: { rows: 5, paint } });
    expect(lines).toEqual(['BTCUSDT  yellow stale for 3 s', 'red 101  1', '──────', 'green 100  1']);
  });

  it('says of what is no market that it is none, and of when a replay is', () => {
    const venueAt = Date.UTC(2024, 7, 8, 12, 0, 1);
    const stamp = { epoch: 'e', seq: 1, priceScale: 0, sizeScale: 0, venueAt, at: 0, venueSeq: 0 };
    const headOf = (...args: Parameters<typeof ladder>): string | undefined => ladder(...args)[0];
    expect(headOf(BOOK, { kind: 'live' })).toBe('BTCUSDT  live');
    expect(headOf(BOOK, { kind: 'simulated' })).toBe('BTCUSDT  simulated');
    expect(headOf({ ...BOOK, stamp }, { kind: 'replay' })).toBe('BTCUSDT  replay of 2024-08-08T12:00:01.000Z');
    expect(headOf({ ...BOOK, status: 'stale', ageMs: 7000 }, { kind: 'simulated' })).toBe(
      'BTCUSDT  simulated, stale for 7 s',
    );
  });
});
