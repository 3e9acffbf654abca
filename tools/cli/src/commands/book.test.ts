import { describe, expect, it } from 'vitest';

import { ladder } from './book.ts';

/** A book of ten levels a side, with prices from 91 to 110. */
const BOOK: Parameters<typeof ladder>[0] = {
  symbol: 'BTCUSDT',
  status: 'live',
  bids: Array.from({ length: 10 }, (_, i) => [100 - i, i + 1] as const),
  asks: Array.from({ length: 10 }, (_, i) => [101 + i, i + 1] as const),
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
    const lines = ladder(BOOK, { ...PLAIN, rows: 8 });
    expect(lines).toHaveLength(6);
    expect(lines.map((line) => line.slice(0, 3))).toEqual(['BTC', '102', '101', '───', '100', ' 99']);
    expect(ladder(BOOK, { ...PLAIN, rows: 1 })).toHaveLength(4);
  });

  it('is red above and green below, and its status yellow where it is not live', () => {
    const paint = (style: string, text: string): string => `${style} ${text.trim()}`;
    const lines = ladder({ ...BOOK, status: 'stale' }, { rows: 5, paint });
    expect(lines).toEqual(['BTCUSDT  yellow stale', 'red 101  1', '──────', 'green 100  1']);
  });
});
