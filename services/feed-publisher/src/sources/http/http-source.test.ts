import type { FeedInstrument } from '@outcry/broker';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { SourceEvent } from '../book-source.ts';
import { MAX_QUEUED_EVENTS } from './event-queue.ts';
import { createHttpSource } from './http-source.ts';
import { IngestError } from './ingest-error.ts';

const BTC: FeedInstrument = { symbol: 'BTC', priceScale: 2, sizeScale: 3 };
const SNAPSHOT = { seq: 10, at: 1000, bids: [['99.50', '1.000']], asks: [['100', '2.5']] };

type Source = ReturnType<typeof createHttpSource>;

let stopping: AbortController;
beforeEach(() => {
  vi.useFakeTimers({ now: 5000 });
  stopping = new AbortController();
});
afterEach(() => {
  stopping.abort();
  vi.useRealTimers();
});

function open(instruments: readonly FeedInstrument[] = [BTC], silenceMs = 0): Source {
  return createHttpSource({ instruments, keys: [], maxBodyBytes: 1024, silenceMs });
}

/** What the publisher has taken so far: it takes everything at once. */
function read(source: Source, symbol = 'BTC'): SourceEvent[] {
  const events: SourceEvent[] = [];
  void (async () => {
    for await (const event of source.events(symbol, stopping.signal)) events.push(event);
  })();
  return events;
}

async function settle(): Promise<void> {
  await vi.advanceTimersByTimeAsync(0);
}

/** `code path seq`, and nothing where the call is not refused. */
function refusalOf(call: () => unknown): string | undefined {
  try {
    call();
    return undefined;
  } catch (err) {
    if (!(err instanceof IngestError)) throw err;
    return [err.code, err.path, err.seq].filter((part) => part !== undefined).join(' ');
  }
}

describe('a posted book', () => {
  it('gives its snapshot and its deltas as integers', async () => {
    const source = open();
    const events = read(source);
    expect(source.ingest.replaceBook('BTC', SNAPSHOT)).toBe(10);
    expect(
      source.ingest.extendBook('BTC', {
        deltas: [
          { seq: 11, at: 1001, bids: [['99.5', '0']] },
          { seq: 14, prev: 11, asks: [['99.99', '0.001']] },
        ],
      }),
    ).toBe(14);
    await settle();
    expect(events).toEqual([
      {
        kind: 'snapshot',
        bids: [[9950, 1000]],
        asks: [[10_000, 2500]],
        venueSeq: 10,
        venueAt: 1000,
        sourceKind: 'live',
      },
      { kind: 'delta', bids: [[9950, 0]], asks: [], venueSeq: 11, venueAt: 1001 },
      { kind: 'delta', bids: [], asks: [[9999, 1]], venueSeq: 14, venueAt: 5000 },
    ]);
  });

  it('is there for a publisher that begins later, as it is by then', async () => {
    const source = open();
    source.ingest.replaceBook('BTC', SNAPSHOT);
    source.ingest.extendBook('BTC', { deltas: [{ seq: 11, at: 7, bids: [['99.60', '4']] }] });
    const events = read(source);
    await settle();
    expect(events).toMatchObject([
      {
        kind: 'snapshot',
        venueSeq: 11,
        venueAt: 7,
        bids: [
          [9960, 4000],
          [9950, 1000],
        ],
      },
    ]);
  });

  it('begins anew with a snapshot of any number, and of other scales', async () => {
    const source = open();
    const events = read(source);
    source.ingest.replaceBook('BTC', SNAPSHOT);
    await settle();
    source.ingest.replaceBook('BTC', { ...SNAPSHOT, seq: 1, priceScale: 4 });
    await settle();
    expect(events.at(-1)).toMatchObject({
      venueSeq: 1,
      bids: [[995_000, 1000]],
      scales: { priceScale: 4, sizeScale: 3 },
    });
    expect(source.ingest.extendBook('BTC', { deltas: [{ seq: 2, bids: [['99.1234', '1']] }] })).toBe(2);
  });

  it('is live unless its engine says otherwise, and stays what the engine said last', async () => {
    const source = open();
    const events = read(source);
    for (const kind of [undefined, 'replay', undefined, 'live'] as const) {
      source.ingest.replaceBook('BTC', { ...SNAPSHOT, kind });
      await settle();
    }
    expect(events).toMatchObject(['live', 'replay', 'replay', 'live'].map((sourceKind) => ({ sourceKind })));
    expect(refusalOf(() => source.ingest.replaceBook('BTC', { ...SNAPSHOT, kind: 'delayed' }))).toBe('malformed kind');
  });

  it.each<[string, unknown, string]>([
    ['no object', [], 'malformed'],
    ['no deltas', {}, 'malformed deltas'],
    ['an unknown field', { deltas: [{ seq: 11, bid: [] }] }, 'malformed deltas[0]'],
    ['a number that is none', { deltas: [{ seq: '11' }] }, 'malformed deltas[0].seq'],
    ['a price that is a number', { deltas: [{ seq: 11, bids: [[99.5, '1']] }] }, 'malformedLevel deltas[0].bids[0][0]'],
    ['a level without a size', { deltas: [{ seq: 11, bids: [['99.5']] }] }, 'malformedLevel deltas[0].bids[0]'],
    ['a price in exponents', { deltas: [{ seq: 11, bids: [['1e2', '1']] }] }, 'malformedLevel deltas[0].bids[0][0]'],
    ['a negative size', { deltas: [{ seq: 11, asks: [['101', '-1']] }] }, 'malformedLevel deltas[0].asks[0][1]'],
    ['too many decimals', { deltas: [{ seq: 11, asks: [['101.001', '1']] }] }, 'tooPrecise deltas[0].asks[0][0]'],
    [
      'a number past 2^53',
      { deltas: [{ seq: 11, asks: [['101', '9007199254741']] }] },
      'tooLarge deltas[0].asks[0][1]',
    ],
    ['a repetition', { deltas: [{ seq: 10 }] }, 'sequenceBackwards deltas[0].seq 10'],
    ['a gap', { deltas: [{ seq: 12 }] }, 'sequenceGap deltas[0].seq 10'],
    ['a wrong prev', { deltas: [{ seq: 11, prev: 9 }] }, 'sequenceGap deltas[0].seq 10'],
    ['a gap within', { deltas: [{ seq: 11 }, { seq: 13 }] }, 'sequenceGap deltas[1].seq 10'],
    [
      'a delta that crosses',
      {
        deltas: [
          {
            seq: 11,
            bids: [
              ['99.50', '0'],
              ['99.70', '1'],
            ],
          },
          { seq: 12, bids: [['100', '1']] },
        ],
      },
      'crossedBook deltas[1] 10',
    ],
    [
      'a delta that crosses for a moment only',
      {
        deltas: [
          { seq: 11, bids: [['100', '1']] },
          { seq: 12, asks: [['100', '0']] },
        ],
      },
      'crossedBook deltas[0] 10',
    ],
  ])('refuses deltas with %s, and is what it was', async (_, body, refusal) => {
    const source = open();
    source.ingest.replaceBook('BTC', SNAPSHOT);
    const events = read(source);
    await settle();
    expect(refusalOf(() => source.ingest.extendBook('BTC', body))).toBe(refusal);
    await settle();
    expect(events).toHaveLength(1);
    const later = open();
    later.ingest.replaceBook('BTC', SNAPSHOT);
    stopping.abort();
    await settle();
    stopping = new AbortController();
    const [untouched, now] = [read(later), read(source)];
    await settle();
    expect(now).toEqual(untouched);
    expect(source.ingest.extendBook('BTC', { deltas: [{ seq: 11 }] })).toBe(11);
  });

  it.each<[string, object, string]>([
    ['crosses', { bids: [['100.00', '1']] }, 'crossedBook'],
    ['has an empty level', { bids: [['99', '0.000']] }, 'malformedLevel bids[0][1]'],
    [
      'has a price twice',
      {
        bids: [
          ['99', '1'],
          ['99.00', '2'],
        ],
      },
      'malformedLevel bids[1]',
    ],
    [
      'has a level that is none',
      {
        asks: [
          ['101', '1'],
          ['102', ''],
        ],
      },
      'malformedLevel asks[1][1]',
    ],
    ['has no number', { seq: undefined }, 'malformed seq'],
  ])('refuses a snapshot that %s, and is what it was', (_, change, refusal) => {
    const source = open();
    source.ingest.replaceBook('BTC', SNAPSHOT);
    expect(refusalOf(() => source.ingest.replaceBook('BTC', { ...SNAPSHOT, seq: 99, ...change }))).toBe(refusal);
    expect(source.ingest.extendBook('BTC', { deltas: [] })).toBe(10);
  });

  it('needs a snapshot before deltas', () => {
    expect(refusalOf(() => open().ingest.extendBook('BTC', { deltas: [] }))).toBe('snapshotRequired');
  });

  it('refuses more levels than a book may have, as a whole', () => {
    const source = open();
    source.ingest.replaceBook('BTC', SNAPSHOT);
    const asks = Array.from({ length: 50_000 }, (_, i) => [String(101 + i), '1']);
    expect(refusalOf(() => source.ingest.extendBook('BTC', { deltas: [{ seq: 11, asks }] }))).toBe(
      'bookTooLarge deltas[0] 10',
    );
    expect(source.ingest.extendBook('BTC', { deltas: [{ seq: 11, asks: asks.slice(1) }] })).toBe(11);
  });

  it('lets the engine wait while the publisher does not take, and takes a snapshot instead', async () => {
    const source = open();
    const reading = source.events('BTC', stopping.signal)[Symbol.asyncIterator]();
    const first = reading.next();
    source.ingest.replaceBook('BTC', SNAPSHOT);
    await first;
    for (let seq = 11; seq < 11 + MAX_QUEUED_EVENTS; seq++) source.ingest.extendBook('BTC', { deltas: [{ seq }] });
    const next = { deltas: [{ seq: 11 + MAX_QUEUED_EVENTS }] };
    expect(refusalOf(() => source.ingest.extendBook('BTC', next))).toBe(`queueFull ${String(10 + MAX_QUEUED_EVENTS)}`);

    expect((await reading.next()).value).toMatchObject({ venueSeq: 11 });
    expect(refusalOf(() => source.ingest.extendBook('BTC', next))).toBeUndefined();
    source.ingest.replaceBook('BTC', { ...SNAPSHOT, seq: 5 });
    expect((await reading.next()).value).toMatchObject({ kind: 'snapshot', venueSeq: 5 });
  });

  it('counts as old when its engine is silent, and comes back with what that says next', async () => {
    const source = open([BTC], 1000);
    const events = read(source);
    source.ingest.replaceBook('BTC', SNAPSHOT);
    await vi.advanceTimersByTimeAsync(900);
    source.ingest.extendBook('BTC', { deltas: [] });
    await vi.advanceTimersByTimeAsync(900);
    expect(events.map(({ kind }) => kind)).toEqual(['snapshot']);
    await vi.advanceTimersByTimeAsync(100);
    expect(events.at(-1)).toEqual({ kind: 'interrupted', reason: 'the engine is silent' });
    source.ingest.extendBook('BTC', { deltas: [{ seq: 11, bids: [['99.60', '4']] }] });
    await settle();
    expect(events.slice(2)).toMatchObject([
      {
        kind: 'snapshot',
        venueSeq: 11,
        bids: [
          [9960, 4000],
          [9950, 1000],
        ],
      },
    ]);
  });

  it('is not begun with while it is old', async () => {
    const source = open([BTC], 1000);
    source.ingest.replaceBook('BTC', SNAPSHOT);
    await vi.advanceTimersByTimeAsync(1000);
    const events = read(source);
    await settle();
    expect(events).toEqual([]);
    source.ingest.extendBook('BTC', { deltas: [] });
    await settle();
    expect(events).toMatchObject([{ kind: 'snapshot', venueSeq: 10 }]);
  });
});

describe('a book that a snapshot declares', () => {
  const DECLARATION = { ...SNAPSHOT, priceScale: 2, sizeScale: 3 };

  it('is told of, once', async () => {
    const source = open([]);
    const told: FeedInstrument[] = [];
    source.watchInstruments?.((instrument) => told.push(instrument));
    source.ingest.replaceBook('NEW', DECLARATION);
    source.ingest.replaceBook('NEW', DECLARATION);
    expect(told).toEqual([{ symbol: 'NEW', priceScale: 2, sizeScale: 3 }]);
    const events = read(source, 'NEW');
    await settle();
    expect(events).toMatchObject([{ kind: 'snapshot', venueSeq: 10 }]);
  });

  it('is told of though it was declared before anybody listened', () => {
    const source = open([]);
    source.ingest.replaceBook('EARLY', DECLARATION);
    const told: string[] = [];
    source.watchInstruments?.(({ symbol }) => told.push(symbol));
    source.ingest.replaceBook('LATE', DECLARATION);
    expect(told).toEqual(['EARLY', 'LATE']);
  });

  it.each<[string, string, object, string]>([
    ['has no scales', 'NEW', { sizeScale: undefined }, 'scalesRequired sizeScale'],
    ['is wrong', 'NEW', { bids: [['100', '1']] }, 'crossedBook'],
    ['has a name that no book can have', 'new coin', {}, 'unknownSymbol'],
  ])('is not where the snapshot %s', (...[, symbol, change, refusal]) => {
    const source = open([]);
    const told = vi.fn();
    source.watchInstruments?.(told);
    expect(refusalOf(() => source.ingest.replaceBook(symbol, { ...DECLARATION, ...change }))).toBe(refusal);
    expect(told).not.toHaveBeenCalled();
    expect(refusalOf(() => source.ingest.extendBook(symbol, { deltas: [] }))).toBe('unknownSymbol');
  });

  it('is refused where the configuration names the books', () => {
    expect(refusalOf(() => open([BTC]).ingest.replaceBook('NEW', DECLARATION))).toBe('unknownSymbol');
  });

  it('is refused past a thousand', () => {
    const source = open([]);
    for (let i = 0; i < 1000; i++) source.ingest.replaceBook(`C${String(i)}`, DECLARATION);
    expect(refusalOf(() => source.ingest.replaceBook('NEW', DECLARATION))).toBe('tooManyBooks');
    expect(source.ingest.replaceBook('C7', DECLARATION)).toBe(10);
  });
});
