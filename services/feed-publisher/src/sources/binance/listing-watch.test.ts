import { OutcryError } from '@outcry/broker';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { DepthUpdate } from './depth-frames.ts';
import { type Listing, listed, unlisted } from './listing.ts';
import { ListingWatch } from './listing-watch.ts';
import { LiveBook } from './live-book.ts';

const MINUTE_MS = 60_000;
const LISTED = listed('X', { priceScale: 2, sizeScale: 0 }, 'TRADING');

let asked: (readonly string[])[];
let answer: ReadonlyMap<string, Listing> | OutcryError;
let told: [symbol: string, listing: Listing][];
let watch: ListingWatch | undefined;

beforeEach(() => {
  vi.useFakeTimers();
  asked = [];
  answer = new Map();
  told = [];
});
afterEach(async () => {
  await watch?.stop();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

function createBook(symbol: string, listing = LISTED): LiveBook {
  const fetchSnapshot = (): Promise<never> => Promise.reject(new OutcryError('unavailable', 'not in this test'));
  return new LiveBook({ symbol, listing, fetchSnapshot, logger: pino({ level: 'silent' }), random: () => 0 });
}

function start(...books: readonly LiveBook[]): void {
  watch = new ListingWatch({
    books,
    rest: {
      listings(symbols) {
        asked.push(symbols);
        return answer instanceof OutcryError ? Promise.reject(answer) : Promise.resolve(answer);
      },
    },
    handleListing: (book, listing) => told.push([book.venueSymbol, listing]),
    logger: pino({ level: 'silent' }),
  });
  watch.start();
}

function update(symbol: string): DepthUpdate {
  return { type: 'update', symbol, firstId: 1, lastId: 1, previousLastId: undefined, at: 1, bids: [], asks: [] };
}

describe('ListingWatch', () => {
  it('asks the venue each minute for the books of which nothing came, and tells them what it says', async () => {
    const [quiet, busy] = [createBook('QUIET'), createBook('BUSY')];
    answer = new Map([['QUIET', unlisted('QUIET')]]);
    start(quiet, busy, createBook('QUIET'));
    await vi.advanceTimersByTimeAsync(MINUTE_MS - 1);
    busy.handleUpdate(update('BUSY'), false);
    await vi.advanceTimersByTimeAsync(1);
    expect(asked).toEqual([['QUIET']]);
    expect(told).toEqual([
      ['QUIET', unlisted('QUIET')],
      ['QUIET', unlisted('QUIET')],
    ]);
  });

  it('asks for nothing while every book moves', async () => {
    const book = createBook('BUSY');
    start(book);
    for (let second = 0; second < 600; second++) {
      await vi.advanceTimersByTimeAsync(1000);
      book.handleUpdate(update('BUSY'), false);
    }
    expect(asked).toEqual([]);
  });

  it('asks again for what was not traded, however lively its stream', async () => {
    start(createBook('NEW', unlisted('NEW')));
    await vi.advanceTimersByTimeAsync(3 * MINUTE_MS);
    expect(asked).toEqual([['NEW'], ['NEW'], ['NEW']]);
  });

  it('asks again where the venue gave no answer', async () => {
    answer = new OutcryError('unavailable', '503');
    start(createBook('QUIET'));
    await vi.advanceTimersByTimeAsync(2 * MINUTE_MS);
    expect(asked).toHaveLength(2);
    expect(told).toEqual([]);
  });
});
