import { type Lease, type LeaseGrant, type LeaseRefusal, OutcryError } from '@outcry/broker';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { type Candidate, Seat } from './seat.ts';

const LEASE_MS = 3000;
const GRANT: LeaseGrant = { name: 'A', fence: 7, leaseMs: LEASE_MS };

interface Answers {
  acquire: Promise<LeaseGrant | LeaseRefusal>;
  renew: Promise<boolean>;
}

let answers: Answers;
let calls: string[];
let seat: Seat;

beforeEach(() => {
  vi.useFakeTimers();
  answers = { acquire: Promise.resolve(GRANT), renew: Promise.resolve(true) };
  calls = [];
  const candidate: Candidate = {
    symbol: 'A',
    isOffered: true,
    lead: (fence) => calls.push(`lead ${String(fence)}`),
    standBy: () => Promise.resolve(),
    cease: () => calls.push('cease'),
  };
  const lease: Lease = {
    acquire: () => answers.acquire,
    renew: () => answers.renew,
    release: ({ fence }) => {
      calls.push(`release ${String(fence)}`);
      return Promise.resolve();
    },
    watch: () => Promise.resolve(),
  };
  const metrics = { setLeader: () => undefined, countTakeover: () => undefined };
  seat = new Seat({ candidate, lease, leaseMs: LEASE_MS, metrics, logger: pino({ level: 'silent' }) });
});
afterEach(async () => {
  await seat.handOver();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

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
    answers.renew = Promise.reject(new OutcryError('unavailable', 'Redis is away'));
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
});
