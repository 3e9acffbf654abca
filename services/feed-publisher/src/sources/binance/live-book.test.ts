import { OutcryError } from '@outcry/broker';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { DecimalLevel, DepthSnapshot, DepthUpdate } from './depth-frames.ts';
import type { Listing } from './listing.ts';
import { LiveBook } from './live-book.ts';
import { MAX_WAITING_UPDATES } from './update-inbox.ts';

/** What the venue answers: a snapshot up to that update, or nothing. */
type Answer = number | OutcryError | readonly [lastId: number, bids: readonly DecimalLevel[]];

let answers: Answer[];
let requests: number;
let stopping: AbortController;
let heard: string[];

beforeEach(() => {
  vi.useFakeTimers({ now: 9000 });
  answers = [];
  requests = 0;
  stopping = new AbortController();
  heard = [];
});
afterEach(async () => {
  stopping.abort();
  await settle();
  vi.useRealTimers();
});

const LISTED: Listing = { scales: { priceScale: 2, sizeScale: 0 }, untraded: undefined };
const HALTED: Listing = { ...LISTED, untraded: 'the venue does not trade X now: HALT' };
const UNKNOWN: Listing = { scales: undefined, untraded: 'the venue does not know X' };

function createBook(listing = LISTED): LiveBook {
  return new LiveBook({
    symbol: 'X',
    listing,
    fetchSnapshot: () => {
      requests++;
      const answer = answers.shift() ?? new OutcryError('unavailable', 'the test gave no answer');
      if (answer instanceof OutcryError) return Promise.reject(answer);
      const [lastId, bids] = typeof answer === 'number' ? [answer, []] : answer;
      return Promise.resolve<DepthSnapshot>({ type: 'snapshot', lastId, at: undefined, bids, asks: [] });
    },
    logger: pino({ level: 'silent' }),
    random: () => 0.5,
  });
}

function update(firstId: number, lastId = firstId, bids: readonly DecimalLevel[] = []): DepthUpdate {
  return { type: 'update', symbol: 'X', firstId, lastId, previousLastId: undefined, at: lastId, bids, asks: [] };
}

function push(book: LiveBook, ...updates: readonly DepthUpdate[]): void {
  for (const one of updates) book.handleUpdate(one, false);
}

/** Takes everything at once, and writes down what it was. */
function read(book: LiveBook): void {
  void (async () => {
    try {
      for await (const event of book.events(stopping.signal)) {
        heard.push(
          event.kind === 'interrupted' ? `interrupted: ${event.reason}` : `${event.kind} ${String(event.venueSeq)}`,
        );
      }
      heard.push('ended');
    } catch (err) {
      heard.push(`failed: ${String(err)}`);
    }
  })();
}

async function settle(): Promise<void> {
  await vi.advanceTimersByTimeAsync(0);
}

describe('LiveBook', () => {
  it('fetches the snapshot when the stream has begun, and joins the two', async () => {
    const book = createBook();
    answers = [12];
    read(book);
    await vi.advanceTimersByTimeAsync(5000);
    expect(requests).toBe(0);
    book.handleUp();
    push(book, update(9, 10), update(11, 14));
    await settle();
    push(book, update(15));
    await settle();
    expect(heard).toEqual(['snapshot 12', 'delta 14', 'delta 15']);
  });

  it('does not wait long for a book that is quiet', async () => {
    const book = createBook();
    answers = [12];
    read(book);
    book.handleUp();
    await vi.advanceTimersByTimeAsync(999);
    expect(requests).toBe(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(heard).toEqual(['snapshot 12']);
    push(book, update(13));
    await settle();
    expect(heard).toEqual(['snapshot 12', 'delta 13']);
  });

  it('fetches again, less and less often, while the snapshot is too old or there is none', async () => {
    const book = createBook();
    answers = [5, new OutcryError('unavailable', '429'), 8, 12];
    read(book);
    book.handleUp();
    push(book, update(11), update(12), update(13));
    await settle();
    expect(requests).toBe(1);
    await vi.advanceTimersByTimeAsync(125);
    expect(requests).toBe(2);
    await vi.advanceTimersByTimeAsync(249);
    expect(requests).toBe(2);
    await vi.advanceTimersByTimeAsync(1);
    expect(requests).toBe(3);
    expect(heard).toEqual([]);
    await vi.advanceTimersByTimeAsync(500);
    expect(heard).toEqual(['snapshot 12', 'delta 13']);
  });

  it('says where the stream has a gap, and goes on behind it with another snapshot', async () => {
    const book = createBook();
    answers = [10, 14];
    read(book);
    book.handleUp();
    push(book, update(11), update(13), update(14), update(15));
    await settle();
    expect(heard).toEqual([
      'snapshot 10',
      'delta 11',
      'interrupted: a gap in the depth stream: U is 13, expected 12 behind update 11',
    ]);
    await vi.advanceTimersByTimeAsync(125);
    expect(heard.slice(3)).toEqual(['snapshot 14', 'delta 15']);
  });

  it('is interrupted while the stream is lost, and begins anew behind it', async () => {
    const book = createBook();
    answers = [10, 20];
    read(book);
    book.handleUp();
    push(book, update(11));
    await settle();
    book.handleDown('cut');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(heard).toEqual(['snapshot 10', 'delta 11', 'interrupted: cut']);
    expect(requests).toBe(1);
    book.handleUp();
    push(book, update(21));
    await settle();
    expect(heard.slice(3)).toEqual(['snapshot 20', 'delta 21']);
  });

  it('does not believe a snapshot that was on its way while the stream was lost', async () => {
    const book = createBook();
    read(book);
    book.handleUp();
    answers = [10, 20];
    push(book, update(11));
    book.handleDown('cut');
    book.handleUp();
    push(book, update(21));
    await vi.advanceTimersByTimeAsync(2000);
    expect(heard.filter((line) => line.startsWith('delta'))).toEqual(['delta 21']);
    expect(heard.at(-2)).toBe('snapshot 20');
  });

  it('takes an update once where two connections bring it', async () => {
    const book = createBook();
    answers = [10];
    read(book);
    book.handleUp();
    push(book, update(11));
    for (const one of [update(11), update(12), update(12), update(13)]) book.handleUpdate(one, true);
    push(book, update(14));
    await settle();
    expect(heard).toEqual(['snapshot 10', 'delta 11', 'delta 12', 'delta 13', 'delta 14']);
  });

  it('does not take the same update twice from one connection for granted', async () => {
    const book = createBook();
    answers = [10];
    read(book);
    book.handleUp();
    push(book, update(11), update(11));
    await settle();
    expect(heard.at(-1)).toMatch(/^interrupted: a gap/);
  });

  it('forgets what waits, and begins anew, where the publisher falls behind', async () => {
    const book = createBook();
    const last = 10 + MAX_WAITING_UPDATES + 1;
    answers = [10, last];
    const reading = book.events(stopping.signal);
    const first = reading.next();
    book.handleUp();
    push(book, update(11));
    await settle();
    expect((await first).value).toMatchObject({ kind: 'snapshot', venueSeq: 10 });
    for (let id = 12; id <= last + 1; id++) push(book, update(id));
    expect((await reading.next()).value).toEqual({
      kind: 'interrupted',
      reason: 'the publisher fell behind the stream',
    });
    const next = reading.next();
    await vi.advanceTimersByTimeAsync(125);
    expect((await next).value).toMatchObject({ kind: 'snapshot', venueSeq: last });
    expect((await reading.next()).value).toMatchObject({ kind: 'delta', venueSeq: last + 1 });
  });

  it('begins anew with more decimals where a level needs them, and keeps them', async () => {
    const book = createBook();
    answers = [10, [11, [['1.5', '2.25']]]];
    const events: unknown[] = [];
    void (async () => {
      for await (const event of book.events(stopping.signal)) events.push(event);
    })();
    book.handleUp();
    push(book, update(11, 11, [['1.5', '2.25']]));
    await settle();
    await vi.advanceTimersByTimeAsync(125);
    push(book, update(12, 12, [['1.50', '3']]));
    await settle();
    expect(events).toMatchObject([
      { kind: 'snapshot', scales: undefined },
      { kind: 'interrupted', reason: 'a level of update 11 has more decimals than the book' },
      { kind: 'snapshot', bids: [[150, 225]], scales: { priceScale: 2, sizeScale: 2 } },
      { kind: 'delta', bids: [[150, 300]] },
    ]);
  });

  it('fails where a level is no number', async () => {
    const book = createBook();
    answers = [10];
    read(book);
    book.handleUp();
    push(book, update(11, 11, [['NaN', '1']]));
    await settle();
    expect(heard).toEqual(['snapshot 10', 'failed: OutcryError: X, update 11: "NaN" is not a decimal number']);
  });

  it('keeps nothing while nobody reads it, and begins anew with whoever does', async () => {
    const book = createBook();
    answers = [10, 30];
    read(book);
    book.handleUp();
    push(book, update(11));
    await settle();
    stopping.abort();
    await settle();
    for (let id = 12; id < 12 + 2 * MAX_WAITING_UPDATES; id++) push(book, update(id));
    stopping = new AbortController();
    read(book);
    push(book, update(31));
    await settle();
    expect(heard).toEqual(['snapshot 10', 'delta 11', 'ended', 'snapshot 30', 'delta 31']);
  });

  describe('of a symbol that the venue does not trade', () => {
    it('says why there is no book, asks for none, and begins when the venue trades it', async () => {
      const book = createBook(HALTED);
      answers = [10];
      read(book);
      book.handleUp();
      await vi.advanceTimersByTimeAsync(60_000);
      expect(requests).toBe(0);
      book.handleListing(HALTED);
      book.handleListing(LISTED);
      await vi.advanceTimersByTimeAsync(1000);
      push(book, update(11));
      await settle();
      expect(heard).toEqual([`interrupted: ${HALTED.untraded ?? ''}`, 'snapshot 10', 'delta 11']);
    });

    it('says another reason where the venue has one', async () => {
      const book = createBook(UNKNOWN);
      read(book);
      await settle();
      book.handleListing(HALTED);
      await settle();
      expect(heard).toEqual([`interrupted: ${UNKNOWN.untraded ?? ''}`, `interrupted: ${HALTED.untraded ?? ''}`]);
    });

    it('tells the scales with the snapshot where they were not known at the start', async () => {
      const book = createBook(UNKNOWN);
      answers = [[10, [['1.5', '2']]]];
      const events = book.events(stopping.signal);
      await events.next();
      const next = events.next();
      book.handleListing(LISTED);
      book.handleUp();
      await vi.advanceTimersByTimeAsync(1000);
      expect((await next).value).toMatchObject({ kind: 'snapshot', bids: [[150, 2]], scales: LISTED.scales });
    });

    it('interrupts a book that was live, though its stream goes on, and begins anew with its next update', async () => {
      const book = createBook();
      answers = [10, 20];
      read(book);
      book.handleUp();
      push(book, update(11));
      await settle();
      book.handleListing(HALTED);
      await vi.advanceTimersByTimeAsync(60_000);
      expect(heard.splice(0)).toEqual(['snapshot 10', 'delta 11', `interrupted: ${HALTED.untraded ?? ''}`]);
      push(book, update(21));
      await settle();
      expect(heard).toEqual(['snapshot 20', 'delta 21']);
    });

    it('says so where the stream is not there either', async () => {
      const book = createBook();
      read(book);
      await settle();
      book.handleListing(UNKNOWN);
      await settle();
      expect(heard).toEqual([`interrupted: ${UNKNOWN.untraded ?? ''}`]);
    });

    it('takes a snapshot that is refused for good for the end of the symbol, and asks for no further one', async () => {
      const book = createBook();
      answers = [new OutcryError('badConfig', 'Invalid symbol.')];
      read(book);
      book.handleUp();
      await vi.advanceTimersByTimeAsync(600_000);
      expect(requests).toBe(1);
      expect(heard).toEqual(['interrupted: the venue does not know X']);
    });

    it('is in doubt while it is not traded, and where nothing has come for long', async () => {
      const book = createBook();
      expect(book.isInDoubt(1000)).toBe(false);
      await vi.advanceTimersByTimeAsync(1000);
      expect(book.isInDoubt(1000)).toBe(true);
      push(book, update(11));
      expect(book.isInDoubt(1000)).toBe(false);
      await vi.advanceTimersByTimeAsync(1000);
      book.handleListing(LISTED);
      expect(book.isInDoubt(1000)).toBe(false);
      book.handleListing(HALTED);
      expect(book.isInDoubt(1000)).toBe(true);
    });
  });
});
