import { type Lease, type LeaseGrant, type LeaseRefusal, OutcryError } from '@outcry/broker';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { HeldLease, takeLease } from './held-lease.ts';

const LEASE_MS = 3000;
const GRANT: LeaseGrant = { name: 'a', fence: 7, leaseMs: LEASE_MS };
const REQUEST = { name: 'a', leaseMs: LEASE_MS };
const UNAVAILABLE = new OutcryError('unavailable', 'Redis is away');

let answer: () => Promise<LeaseGrant | LeaseRefusal>;
let renewal: () => Promise<boolean>;
let calls: string[];
let losses: string[];
const lease: Lease = {
  acquire: (name, leaseMs, above) => {
    calls.push(`acquire ${name} ${String(leaseMs)} ${String(above)}`);
    return answer();
  },
  renew: ({ fence }) => {
    calls.push(`renew ${String(fence)}`);
    return renewal();
  },
  release: ({ fence }) => {
    calls.push(`release ${String(fence)}`);
    return Promise.reject(UNAVAILABLE);
  },
  watch: () => Promise.resolve(),
};

beforeEach(() => {
  vi.useFakeTimers();
  answer = () => Promise.resolve(GRANT);
  renewal = () => Promise.resolve(true);
  calls = [];
  losses = [];
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

async function after<T>(ms: number, value: T): Promise<T> {
  await new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
  return value;
}

function hold(): HeldLease {
  return new HeldLease(lease, { grant: GRANT, askedAt: performance.now() }, (reason) => losses.push(reason));
}

describe('taking a lease', () => {
  it('asks for one above the fence that is known', async () => {
    const askedAt = performance.now();
    expect(await takeLease(lease, { ...REQUEST, above: 5 })).toEqual({ grant: GRANT, askedAt });
    expect(calls).toEqual(['acquire a 3000 5']);
  });

  it('tells for how long somebody else has it, and nothing where nobody can be asked', async () => {
    answer = () => Promise.resolve({ heldForMs: 900 });
    expect(await takeLease(lease, REQUEST)).toEqual({ heldForMs: 900 });
    answer = () => Promise.reject(UNAVAILABLE);
    expect(await takeLease(lease, REQUEST)).toBeUndefined();
  });

  it('gives one back whose time is over when the answer comes', async () => {
    answer = () => after(LEASE_MS, GRANT);
    const taking = takeLease(lease, REQUEST);
    await vi.advanceTimersByTimeAsync(LEASE_MS);
    expect(await taking).toBeUndefined();
    expect(calls.at(-1)).toBe('release 7');
  });

  it('does not take a fault of the program for a store that is away', async () => {
    answer = () => Promise.reject(new TypeError('a fault'));
    await expect(takeLease(lease, REQUEST)).rejects.toThrow('a fault');
  });
});

describe('a lease that is held', () => {
  it('is lost when its time is over, once', async () => {
    hold();
    await vi.advanceTimersByTimeAsync(LEASE_MS - 1);
    expect(losses).toEqual([]);
    await vi.advanceTimersByTimeAsync(LEASE_MS);
    expect(losses).toEqual(['the lease could not be renewed']);
  });

  it('is counted on from before a renewal was asked for', async () => {
    const held = hold();
    await vi.advanceTimersByTimeAsync(1000);
    renewal = () => after(500, true);
    const renewing = held.renew({ by: 'host/7' });
    await vi.advanceTimersByTimeAsync(LEASE_MS - 1);
    await renewing;
    expect(losses).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(losses).toHaveLength(1);
  });

  it('is lost at once where a renewal is refused, and goes on where nobody can be asked', async () => {
    const held = hold();
    renewal = () => Promise.reject(UNAVAILABLE);
    await held.renew({ by: 'host/7' });
    expect(losses).toEqual([]);
    renewal = () => Promise.resolve(false);
    await held.renew({ by: 'host/7' });
    expect(losses).toEqual(['the lease is not held any more']);
  });

  it.each([true, false])(
    'is neither lost nor counted on again once it has ended, by a renewal on its way: %s',
    async (isHeld) => {
      const held = hold();
      renewal = () => after(500, isHeld);
      const renewing = held.renew({ by: 'host/7' });
      await held.release();
      await vi.advanceTimersByTimeAsync(500);
      await renewing;
      expect(calls).toEqual(['renew 7', 'release 7']);
      expect(losses).toEqual([]);
    },
  );
});
