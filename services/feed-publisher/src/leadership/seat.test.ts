import { type Lease, type LeaseGrant, type LeaseNote, type LeaseRefusal, OutcryError } from '@outcry/broker';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { type Candidate, Seat } from './seat.ts';

const LEASE_MS = 3000;
const GRANT: LeaseGrant = { name: 'A', fence: 7, leaseMs: LEASE_MS };
const UNAVAILABLE = new OutcryError('unavailable', 'Redis is away');

interface Answers {
  acquire: Promise<LeaseGrant | LeaseRefusal>;
  renew: Promise<boolean>;
  /** What the feed holds has been said. */
  standBy: Promise<void>;
}

let answers: Answers;
let calls: string[];
let notes: (LeaseNote | undefined)[];
let lines: string[];
let seat: Seat;

beforeEach(() => {
  vi.useFakeTimers();
  answers = { acquire: Promise.resolve(GRANT), renew: Promise.resolve(true), standBy: Promise.resolve() };
  calls = [];
  notes = [];
  lines = [];
  const candidate: Candidate = {
    symbol: 'A',
    isOffered: true,
    lead: (fence) => calls.push(`lead ${String(fence)}`),
    standBy: () => {
      calls.push('standBy');
      return answers.standBy;
    },
    cease: () => calls.push('cease'),
  };
  const lease: Lease = {
    acquire: () => answers.acquire,
    renew: (_, note) => {
      notes.push(note);
      return answers.renew;
    },
    release: ({ fence }) => {
      calls.push(`release ${String(fence)}`);
      return Promise.resolve();
    },
    watch: () => Promise.resolve(),
  };
  const metrics = {
    setLeader: (symbol: string, isLeader: boolean) => lines.push(`${symbol} ${isLeader ? 'led' : 'not led'}`),
    countTakeover: (symbol: string) => lines.push(`${symbol} taken`),
  };
  const logger = pino({ base: null, timestamp: false }, { write: (line) => lines.push(toText(line)) });
  seat = new Seat({ candidate, lease, leaseMs: LEASE_MS, by: 'host-a/7', metrics, logger });
});
afterEach(async () => {
  await seat.handOver();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

function toText(line: string): string {
  const { msg, symbol, fence, reason } = JSON.parse(line) as Record<string, string | undefined>;
  return [msg, symbol, fence, reason].filter((part) => part !== undefined).join(' ');
}

function after<T>(ms: number, value: T): Promise<T> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms, value);
  });
}

/** Lets the time go by, and tells whether it was led until right before the end and no longer. */
async function expectLossIn(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms - 1);
  expect(seat.isLed).toBe(true);
  await vi.advanceTimersByTimeAsync(1);
  expect(seat.isLed).toBe(false);
  expect(calls.at(-1)).toBe('cease');
}

describe('Seat', () => {
  it('counts on its lease from before it asked for it, however late the answer comes', async () => {
    answers.acquire = after(1000, GRANT);
    const taking = seat.take();
    await vi.advanceTimersByTimeAsync(1000);
    await taking;
    expect(calls).toEqual(['lead 7']);
    await expectLossIn(LEASE_MS - 1000);
  });

  it('says with each renewal who leads, and since when', async () => {
    const since = Date.now();
    await seat.take();
    await vi.advanceTimersByTimeAsync(500);
    await seat.renew();
    expect(notes).toEqual([{ by: 'host-a/7', since }]);
  });

  it('counts on a renewal from before it asked for it, however late the answer comes', async () => {
    await seat.take();
    await vi.advanceTimersByTimeAsync(500);
    answers.renew = after(2000, true);
    const renewal = seat.renew();
    await vi.advanceTimersByTimeAsync(2000);
    await renewal;
    await expectLossIn(LEASE_MS - 2000);
  });

  it('does not lead under a lease that is over when the answer comes, and gives it back', async () => {
    answers.acquire = after(LEASE_MS, GRANT);
    const taking = seat.take();
    await vi.advanceTimersByTimeAsync(LEASE_MS);
    await taking;
    expect(seat.isLed).toBe(false);
    expect(calls).toEqual(['release 7']);
  });

  it('does not count on a renewal that was not answered, or refused', async () => {
    await seat.take();
    await vi.advanceTimersByTimeAsync(1000);
    answers.renew = Promise.reject(UNAVAILABLE);
    await seat.renew();
    await expectLossIn(LEASE_MS - 1000);

    await seat.take();
    answers.renew = Promise.resolve(false);
    await seat.renew();
    expect(seat.isLed).toBe(false);
  });

  it('is lost once, though the answer to a renewal comes behind its end', async () => {
    await seat.take();
    answers.renew = after(2 * LEASE_MS, true);
    const renewal = seat.renew();
    await expectLossIn(LEASE_MS);
    await vi.advanceTimersByTimeAsync(LEASE_MS);
    await renewal;
    expect(calls).toEqual(['lead 7', 'cease']);
  });

  it('stands by while somebody else has it, and tells for how long that may be', async () => {
    answers.acquire = Promise.resolve({ heldForMs: 1200 });
    expect(await seat.take()).toBe(1200);
    expect(seat.isLed).toBe(false);
    expect(calls).toEqual(['standBy']);
  });

  it('does nothing where nobody can be asked, and may be taken later', async () => {
    answers.acquire = Promise.reject(UNAVAILABLE);
    expect(await seat.take()).toBeUndefined();
    expect(calls).toEqual([]);
    answers.acquire = Promise.resolve(GRANT);
    await seat.take();
    expect(calls).toEqual(['lead 7']);
  });

  it('begins one term however often it is taken, and does not stand by in it', async () => {
    await seat.take();
    await seat.take();
    await seat.standBy();
    expect(calls).toEqual(['lead 7']);
  });

  it('says what it holds before it is given back, once, and is neither renewed nor taken meanwhile', async () => {
    await seat.take();
    answers.standBy = after(100, undefined);
    const handingOver = [seat.handOver(), seat.handOver()];
    answers.renew = Promise.resolve(false);
    await seat.renew();
    await seat.take();
    expect(calls).toEqual(['lead 7', 'standBy']);
    await vi.advanceTimersByTimeAsync(100);
    await Promise.all(handingOver);
    expect(calls).toEqual(['lead 7', 'standBy', 'release 7']);
    await seat.take();
    expect(calls.at(-1)).toBe('lead 7');
  });

  it('is not given back where it is lost while it is handed over: it may be somebody else’s by then', async () => {
    await seat.take();
    answers.standBy = after(100, undefined);
    const handingOver = seat.handOver();
    seat.lose(GRANT.fence, 'a frame was refused');
    answers.acquire = Promise.resolve({ ...GRANT, fence: 9 });
    await seat.take();
    await vi.advanceTimersByTimeAsync(100);
    await handingOver;
    expect(calls).toEqual(['lead 7', 'standBy', 'cease']);
    expect(seat.isLed).toBe(false);
    await seat.take();
    expect(calls.at(-1)).toBe('lead 9');
  });

  it('is not lost for a frame of an earlier term, nor where it is not led', async () => {
    seat.lose(GRANT.fence, 'a frame was refused');
    await seat.take();
    seat.lose(GRANT.fence - 1, 'a frame was refused');
    expect(calls).toEqual(['lead 7']);
  });

  it('tells operators what it leads, and how it came to an end', async () => {
    await seat.take();
    await seat.handOver();
    await seat.take();
    seat.lose(GRANT.fence, 'a frame was refused');
    const taken = ['A led', 'A taken', 'feed led A 7'];
    const lost = ['A not led', 'feed lost to another publisher A 7 a frame was refused'];
    expect(lines).toEqual(['A not led', ...taken, 'A not led', 'feed handed over A 7', ...taken, ...lost]);
  });

  it('does not take a fault of the program for a store that is away', async () => {
    answers.acquire = Promise.reject(new TypeError('no function'));
    await expect(seat.take()).rejects.toThrow(TypeError);
  });
});
