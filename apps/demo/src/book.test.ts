import { describe, expect, it } from 'vitest';
import { Book } from './book.ts';
import { deltaFrame, snapshotFrame } from './testing/book-frames.ts';

const prices = (levels: Book['bids']): string[] => levels.map(({ price }) => price);

describe('Book', () => {
  it('starts as its snapshot', () => {
    const book = new Book(snapshotFrame());
    expect(book.bids[0]).toEqual({ price: '100.00', size: '1.000' });
    expect(book.asks[0]).toEqual({ price: '100.50', size: '1.500' });
    expect(book.seq).toBe(7);
  });

  it('changes, adds and removes levels, and keeps each side in its order', () => {
    const book = new Book(snapshotFrame());
    book.apply(
      deltaFrame({
        bids: [
          ['100.25', '3.000'],
          ['99.50', '0.000'],
          ['9.00', '1.000'],
        ],
        asks: [
          ['100.50', '0.250'],
          ['100.40', '4.000'],
        ],
      }),
    );
    expect(prices(book.bids)).toEqual(['100.25', '100.00', '9.00']);
    expect(prices(book.asks)).toEqual(['100.40', '100.50', '101.00']);
    expect(book.asks[1]?.size).toBe('0.250');
    expect(book.seq).toBe(8);
  });

  it('tells which levels grew and which shrank', () => {
    const book = new Book(snapshotFrame());
    const changes = book.apply(
      deltaFrame({
        bids: [
          ['100.00', '1.500'],
          ['99.50', '2.000'],
        ],
        asks: [['101.00', '0.000']],
      }),
    );
    expect(changes).toEqual([
      { side: 'bids', price: '100.00', direction: 'up' },
      { side: 'asks', price: '101.00', direction: 'down' },
    ]);
  });

  it('keeps digits as they came, past what a float holds', () => {
    const book = new Book(snapshotFrame());
    book.apply(deltaFrame({ bids: [['100.10', '12345678901234567.890']] }));
    expect(book.bids[0]?.size).toBe('12345678901234567.890');
  });

  it('refuses a delta that does not follow, and stays as it is', () => {
    const book = new Book(snapshotFrame());
    expect(book.apply(deltaFrame({ prev: 8, seq: 9, bids: [['100.00', '0']] }))).toBeUndefined();
    expect(book.apply(deltaFrame({ prev: 6, seq: 7 }))).toBeUndefined();
    expect(book.seq).toBe(7);
    expect(prices(book.bids)).toEqual(['100.00', '99.50']);
  });
});
