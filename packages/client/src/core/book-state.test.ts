import { bookChecksum } from '@outcry/order-book';
import type { ReceivedFrame } from '@outcry/protocol';
import { beforeEach, describe, expect, it } from 'vitest';

import type { BookNews } from './book-news.ts';
import { BookState } from './book-state.ts';

type Frame<T extends ReceivedFrame['type']> = Extract<ReceivedFrame, { type: T }>;

const BOOK = { symbol: 'BTCUSDT', depth: 10, interval: 100 };
const STAMP = { ...BOOK, venueAt: 1, venueSeq: 3 };

let book: BookState;
let news: BookNews[];
let lastId: number;

beforeEach(() => {
  news = [];
  lastId = 0;
  book = new BookState({
    bookClass: BOOK,
    hasChecksum: true,
    emit: (effect) => {
      if (effect.kind === 'book') news.push(effect.news);
    },
    random: () => 0.5,
    listener: () => undefined,
  });
});

function subscribe(now: number, socket = 1): ReturnType<BookState['takeSubscribe']> {
  return book.takeSubscribe(now, () => ++lastId, socket);
}

function snapshot(now: number, details: Partial<Frame<'snapshot'>> = {}, socket = 1): void {
  const sides = { bids: [['1.00', '5']], asks: [['1.01', '7']] } as const;
  const scales = { priceScale: 2, sizeScale: 0 };
  book.handleFrame(
    { type: 'snapshot', ...STAMP, epoch: 'e', at: now, ...scales, ...sides, seq: 7, ...details },
    now,
    socket,
  );
}

function delta(now: number, details: Partial<Frame<'delta'>> = {}, socket = 1): void {
  const levels = { bids: [['1.00', '6']], asks: [] } as const;
  book.handleFrame({ type: 'delta', ...STAMP, at: now, ...levels, prev: 7, seq: 9, ...details }, now, socket);
}

function goLive(): void {
  subscribe(0);
  snapshot(0);
  news = [];
}

function told(): string[] {
  return news.map((each) => (each.type === 'repair' ? each.reason : each.type));
}

describe('a book', () => {
  it('asks for its class, begins with the snapshot and follows the deltas', () => {
    expect(subscribe(0)).toEqual({ type: 'subscribe', id: 1, ...BOOK, checksum: true });
    expect(subscribe(0)).toBeUndefined();
    delta(0);
    expect([told(), book.isStale]).toEqual([[], true]);
    snapshot(0);
    delta(0);
    expect([told(), book.isStale]).toEqual([['snapshot', 'delta'], false]);
    expect([book.levels.bids(), book.levels.asks()]).toEqual([[[100, 6]], [[101, 7]]]);
    expect(book.stamp).toMatchObject({ epoch: 'e', seq: 9, priceScale: 2 });
    delta(0, { prev: 9, seq: 10, bids: [['1.00', '0']] });
    expect(book.levels.bids()).toEqual([]);
  });

  it.each([
    [
      'a delta behind another frame',
      () => {
        delta(20_000, { prev: 8 });
      },
    ],
    [
      'a heartbeat of another place',
      () => {
        book.handleFrame({ type: 'heartbeat', ...BOOK, seq: 8 }, 20_000, 1);
      },
    ],
  ])('takes %s for a gap, changes nothing, and asks anew at once', (_, happen) => {
    goLive();
    happen();
    expect([told(), book.isStale]).toEqual([['gap', 'stale'], true]);
    expect([book.levels.bids(), book.ageMs(21_000)]).toEqual([[[100, 5]], 21_000]);
    expect(subscribe(20_000)).toMatchObject({ id: 2 });
    delta(20_000);
    expect(told()).toEqual(['gap', 'stale']);
    snapshot(20_000, { seq: 12 });
    expect([told(), book.isStale]).toEqual([['gap', 'stale', 'snapshot'], false]);
  });

  it('tells no change that its checksum does not bear out', () => {
    goLive();
    const checksum = bookChecksum([[100, 6]], [[101, 7]]);
    delta(0, { checksum });
    expect(told()).toEqual(['delta']);
    delta(0, { prev: 9, seq: 10, bids: [['1.00', '8']], checksum });
    expect([told(), book.isStale]).toEqual([['delta', 'checksum', 'stale'], true]);
    subscribe(0);
    snapshot(0, { checksum });
    expect(told()).toEqual(['delta', 'checksum', 'stale', 'checksum']);
  });

  it('that goes wrong again and again asks ever more rarely, whatever snapshots come between', () => {
    goLive();
    delta(0, { prev: 1 });
    expect(subscribe(0)).toBeDefined();
    const waits: number[] = [];
    let now = 0;
    for (let i = 0; i < 6; i++) {
      snapshot(now);
      delta(now, { prev: 1 });
      expect(subscribe(now)).toBeUndefined();
      waits.push(book.nextAlarmAt - now);
      now = book.nextAlarmAt;
      book.handleAlarm(now);
      expect(subscribe(now)).toBeDefined();
    }
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
    snapshot(now);
    snapshot(now + 5_000);
    delta(now + 10_000, { prev: 1 });
    expect(subscribe(now + 10_000)).toBeDefined();
    snapshot(now + 30_000, { checksum: 0 });
    expect(subscribe(now + 30_000)).toBeUndefined();
  });

  it('reads levels of whole numbers, as msgpack has them, as they are', () => {
    subscribe(0);
    snapshot(0, { bids: [[100, 5]], asks: [[101, 7]] });
    expect([book.levels.bids(), book.levels.asks()]).toEqual([[[100, 5]], [[101, 7]]]);
  });

  it('reads levels by the scales of its latest snapshot', () => {
    goLive();
    snapshot(0, { epoch: 'f', seq: 0, priceScale: 4, sizeScale: 3, bids: [['1.0005', '2.125']], asks: [] });
    expect([book.levels.bids(), book.levels.asks()]).toEqual([[[10_005, 2_125]], []]);
    delta(0, { prev: 0, seq: 1, bids: [['1.0001', '1']] });
    expect(book.levels.bids()).toEqual([
      [10_005, 2_125],
      [10_001, 1_000],
    ]);
    expect(book.stamp).toMatchObject({ epoch: 'f', seq: 1, priceScale: 4, sizeScale: 3 });
    delta(0, { prev: 9, seq: 10 });
    expect(told()).toEqual(['snapshot', 'delta', 'gap', 'stale']);
  });
});

describe('the age of a book', () => {
  it('is told after silence, and ends with whatever comes', () => {
    goLive();
    expect(book.nextAlarmAt).toBe(3_000);
    book.handleAlarm(2_999);
    expect(told()).toEqual([]);
    book.handleAlarm(3_000);
    expect([told(), book.isStale, book.nextAlarmAt]).toEqual([['stale'], true, Infinity]);
    delta(3_500);
    expect([told(), book.isStale]).toEqual([['stale', 'delta', 'fresh'], false]);
    book.handleAlarm(6_500);
    book.handleFrame({ type: 'heartbeat', ...BOOK, seq: 9 }, 7_000, 1);
    expect(told().slice(3)).toEqual(['stale', 'fresh']);
  });

  it('is what the gateway says of its feed, whatever heartbeats come', () => {
    goLive();
    book.handleFreshness(true, 1);
    book.handleFrame({ type: 'heartbeat', ...BOOK, seq: 7 }, 1_000, 1);
    expect([told(), book.isStale]).toEqual([['stale'], true]);
    book.handleFreshness(false, 1);
    expect([told(), book.isStale]).toEqual([['stale', 'fresh'], false]);
    book.handleFreshness(true, 1);
    snapshot(2_000);
    delta(2_000);
    expect([told(), book.isStale]).toEqual([['stale', 'fresh', 'stale', 'snapshot', 'delta'], false]);
  });

  it('is told with `lagging`, and ends with the snapshot; `stale` behind that holds', () => {
    goLive();
    book.handleSilence();
    snapshot(5_000, { seq: 90 });
    book.handleFreshness(true, 1);
    expect([told(), book.isStale]).toEqual([['stale', 'snapshot', 'stale'], true]);
  });

  it('is what its deltas show against the quickest of the connection, whatever the clocks say', () => {
    subscribe(0);
    snapshot(0, { at: 7_200_000 });
    let seq = 7;
    const next = (now: number, delayMs: number): void => {
      delta(now, { at: 7_200_000 + now - delayMs, prev: seq, seq: ++seq });
    };
    next(1_000, -20);
    next(2_000, 3_000);
    expect([told(), book.isStale, book.ageMs(2_500)]).toEqual([['snapshot', 'delta', 'delta'], false, 500]);
    next(3_000, 3_100);
    expect([book.isStale, book.isLate, book.ageMs(4_000)]).toEqual([true, true, 4_120]);
    next(5_000, 0);
    expect([book.isStale, book.isLate, book.ageMs(6_000)]).toEqual([false, false, 1_000]);
    expect(told().slice(3)).toEqual(['delta', 'stale', 'delta', 'fresh']);
  });

  it('is not what the time of a snapshot says: a quiet book has been right for long', () => {
    goLive();
    snapshot(60_000, { at: 100, seq: 20 });
    expect([told(), book.isStale, book.ageMs(61_000)]).toEqual([['snapshot'], false, 1_000]);
  });

  it('begins anew with another connection, and with another publisher, whose clock is another', () => {
    goLive();
    book.handleLoss();
    book.handleWelcome();
    subscribe(1_000);
    snapshot(1_000, { at: -9_000 });
    delta(1_100, { at: -8_900 });
    snapshot(1_200, { at: -99_000, epoch: 'f' });
    delta(1_300, { at: -98_900 });
    expect([told(), book.isStale]).toEqual([['stale', 'snapshot', 'delta', 'snapshot', 'delta'], false]);
  });

  it('of a quiet book that was late ends where the connection answers in time, that of a busy one with a delta', () => {
    goLive();
    delta(10_000, { at: 5_000 });
    expect(told()).toEqual(['delta', 'stale']);
    book.handleFrame({ type: 'heartbeat', ...BOOK, seq: 9 }, 11_000, 1);
    book.handleLateness(false);
    delta(11_500, { at: 6_500, prev: 9, seq: 10 });
    book.handleFrame({ type: 'heartbeat', ...BOOK, seq: 10 }, 12_500, 1);
    expect(book.isStale).toBe(true);
    book.handleLateness(false);
    expect(book.isStale).toBe(true);
    book.handleFrame({ type: 'heartbeat', ...BOOK, seq: 10 }, 13_500, 1);
    expect([book.isStale, book.isLate]).toEqual([false, false]);
  });

  it('of a quiet book does not end with a snapshot, nor is held up by one: that may be old and right', () => {
    goLive();
    delta(10_000, { at: 5_000 });
    book.handleLateness(false);
    snapshot(11_000, { at: 5_000, seq: 9 });
    expect(book.isStale).toBe(true);
    book.handleFrame({ type: 'heartbeat', ...BOOK, seq: 9 }, 12_000, 1);
    expect(book.isStale).toBe(false);
  });

  it('goes on growing behind a late delta, whatever heartbeats come and as long as nobody knows why', () => {
    goLive();
    delta(4_000, { at: 0 });
    book.handleLateness(undefined);
    book.handleFrame({ type: 'heartbeat', ...BOOK, seq: 9 }, 5_000, 1);
    expect([book.isStale, book.ageMs(6_000)]).toEqual([true, 6_000]);
  });

  it('is what the connection says of itself, too', () => {
    goLive();
    book.handleLateness(true);
    book.handleFrame({ type: 'heartbeat', ...BOOK, seq: 7 }, 500, 1);
    expect([told(), book.isStale]).toEqual([['stale'], true]);
    snapshot(1_000, { at: -60_000, seq: 8 });
    expect([told(), book.isStale]).toEqual([['stale', 'snapshot', 'stale'], true]);
    delta(1_100, { prev: 8 });
    expect([told().slice(3), book.isStale]).toEqual([['delta', 'fresh'], false]);
  });

  it('is told with the connection, and ends with the snapshot of the next', () => {
    goLive();
    book.handleLoss();
    delta(0);
    expect([told(), book.isStale]).toEqual([['stale'], true]);
    book.handleWelcome();
    expect(subscribe(0)).toMatchObject({ id: 2 });
    snapshot(0, { epoch: 'f', seq: 1 });
    expect([told(), book.isStale]).toEqual([['stale', 'snapshot'], false]);
  });
});

describe('a refusal', () => {
  const refusal = { type: 'error', code: 'unavailable', message: 'later', retryable: true } as const;

  it('that says "later" is heeded, also where a snapshot of the subscription before came first', () => {
    subscribe(0);
    snapshot(0);
    expect(book.handleError({ ...refusal, id: 1 }, 0)).toBe(true);
    expect([told(), book.isStale]).toEqual([['snapshot', 'stale'], true]);
    expect(subscribe(499)).toBeUndefined();
    expect(subscribe(500)).toMatchObject({ id: 2 });
  });

  it('for good is told once; one of another request is not heard', () => {
    subscribe(0);
    expect(book.handleError({ ...refusal, id: 9, retryable: false }, 0)).toBe(false);
    expect(book.handleError({ ...refusal, id: 1, code: 'unknownSymbol', retryable: false }, 0)).toBe(true);
    expect(news).toMatchObject([{ type: 'failed', error: { code: 'unknownSymbol' } }]);
    expect([book.hasFailed, subscribe(1e6)]).toEqual([true, undefined]);
  });

  it('does not come: the book is asked for again', () => {
    subscribe(0);
    expect(book.nextAlarmAt).toBe(15_000);
    book.handleAlarm(15_000);
    expect(subscribe(15_000)).toMatchObject({ id: 2 });
  });
});

describe('a book that is not subscribed to', () => {
  it('takes nothing for its own, and waits for nothing', () => {
    snapshot(0);
    book.handleFreshness(true, 1);
    expect([told(), book.stamp, book.nextAlarmAt, book.ageMs(5)]).toEqual([[], undefined, Infinity, undefined]);
    subscribe(0);
    expect(book.handleError({ type: 'error', id: 1, code: 'unavailable', message: 'no', retryable: true }, 0)).toBe(
      true,
    );
    expect(book.handleError({ type: 'error', id: 1, code: 'unavailable', message: 'no', retryable: true }, 0)).toBe(
      false,
    );
    expect(book.nextAlarmAt).toBe(500);
  });

  it.each([
    ['symbol', { symbol: 'ETHUSDT' }],
    ['depth', { depth: 25 }],
    ['interval', { interval: 250 }],
  ])('is another one by its %s', (_, other) => {
    expect([book.is(BOOK), book.is({ ...BOOK, ...other })]).toEqual([true, false]);
  });
});

describe('a book that is closed', () => {
  it('is unsubscribed from where the gateway can know of it', () => {
    expect([book.close(), told()]).toEqual([undefined, ['closed']]);
  });

  it.each([
    ['asked for', () => subscribe(0)],
    ['live', goLive],
  ])('is unsubscribed from where it was %s', (_, happen) => {
    happen();
    expect([book.close(), told()]).toEqual([{ type: 'unsubscribe', ...BOOK }, ['closed']]);
  });
});

describe('the age of what is shown', () => {
  it('grows while the gateway does not hear of its feed, whatever comes', () => {
    goLive();
    book.handleFreshness(true, 1);
    delta(4_000);
    expect(book.ageMs(5_000)).toBe(5_000);
    book.handleFreshness(false, 1);
    delta(6_000, { prev: 9, seq: 10 });
    expect(book.ageMs(6_500)).toBe(500);
  });

  it('is not told as late on a connection for what was late on the one before', () => {
    goLive();
    book.handleLateness(true);
    book.handleLoss();
    book.handleWelcome();
    subscribe(1_000);
    snapshot(1_000);
    expect([book.isLate, book.isStale]).toEqual([false, false]);
  });

  it('says nothing new where the connection cannot tell', () => {
    goLive();
    book.handleLateness(undefined);
    expect([told(), book.isLate]).toEqual([[], false]);
  });
});

describe('a book that is on its way to another connection', () => {
  /** From the first to the second one, where it is asked for. */
  function move(now: number): void {
    book.handleMove(2);
    expect(subscribe(now, 2)).toBeDefined();
  }

  it('is asked for there once, and not where it is there already or has been asked for before it ever came', () => {
    subscribe(0);
    book.handleMove(2);
    expect(subscribe(0, 2)).toBeUndefined();
    snapshot(0);
    book.handleMove(1);
    expect(subscribe(0)).toBeUndefined();
    move(0);
    book.handleMove(2);
    expect(subscribe(0, 2)).toBeUndefined();
  });

  it('is silent where it is heard, and is asked for there anew where no answer comes', () => {
    goLive();
    move(1_000);
    book.handleAlarm(book.nextAlarmAt);
    expect([told(), subscribe(3_000, 2)]).toEqual([['stale'], undefined]);
    delta(3_000);
    expect(told()).toEqual(['stale', 'delta', 'fresh']);
    delta(15_900, { prev: 9, seq: 10 });
    book.handleAlarm(15_999);
    expect(subscribe(15_999, 2)).toBeUndefined();
    book.handleAlarm(16_000);
    expect(subscribe(16_000, 2)).toBeDefined();
    expect(book.isStale).toBe(false);
  });

  it('is timed by the one that it has come to, and was right for as long as before', () => {
    goLive();
    delta(1_000, { prev: 8 });
    subscribe(1_000);
    snapshot(1_000);
    move(10_900);
    snapshot(10_900, { at: -60_000 }, 2);
    delta(10_950, { at: -59_950 }, 2);
    expect(book.isStale).toBe(false);
    delta(11_000, { prev: 8 }, 2);
    expect(subscribe(11_000, 2)).toBeDefined();
  });

  it('is old where the first is lost, is not asked for twice on the second, and comes from there', () => {
    goLive();
    move(1_000);
    book.handleLoss(2);
    expect([told(), subscribe(1_000, 2)]).toEqual([['stale'], undefined]);
    delta(1_000);
    snapshot(1_000, {}, 2);
    expect(told()).toEqual(['stale', 'snapshot']);
  });

  it('stays where it is where the second is lost, and goes to a third', () => {
    goLive();
    move(1_000);
    book.handleLoss(1);
    expect(subscribe(1_000)).toBeUndefined();
    delta(1_000);
    expect([told(), book.isOn(1)]).toEqual([['delta'], true]);
    book.handleMove(3);
    expect(subscribe(1_000, 3)).toBeDefined();
  });

  it('stays where it is, and is not asked for there again, where the second is lost before it was asked for', () => {
    goLive();
    book.handleMove(2);
    book.handleLoss(1);
    expect(subscribe(1_000)).toBeUndefined();
    delta(1_000);
    expect([told(), book.isOn(1)]).toEqual([['delta'], true]);
  });

  it('is asked for there though a snapshot comes from where it is heard', () => {
    goLive();
    book.handleMove(2);
    snapshot(1_000, { seq: 8 });
    expect([told(), book.isOn(1)]).toEqual([['snapshot'], true]);
    expect(subscribe(1_000, 2)).toBeDefined();
  });

  it('is unsubscribed from also where it has not been asked for there yet', () => {
    goLive();
    book.handleMove(2);
    expect(book.close()).toMatchObject({ type: 'unsubscribe', ...BOOK });
  });
});
