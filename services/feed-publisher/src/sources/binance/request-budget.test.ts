import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { RequestBudget } from './request-budget.ts';

const NEVER = new AbortController().signal;

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2024-08-08T12:00:20Z') });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Seconds after the start at which each of the requests may go, one after the other. */
async function spend(budget: RequestBudget, weights: readonly number[]): Promise<number[]> {
  const startedAt = Date.now();
  const sentAt: number[] = [];
  const spending = (async () => {
    for (const weight of weights) {
      await budget.spend(weight, NEVER);
      sentAt.push((Date.now() - startedAt) / 1000);
    }
  })();
  await vi.runAllTimersAsync();
  await spending;
  return sentAt;
}

describe('RequestBudget', () => {
  it('uses four fifths of the limit, then waits for the next minute of the clock', async () => {
    expect(await spend(new RequestBudget(100), [40, 40, 1, 79, 1])).toEqual([0, 0, 40, 40, 100]);
  });

  it('believes the venue where others behind the address have used more', async () => {
    const budget = new RequestBudget(100);
    await spend(budget, [1]);
    budget.noteUsed(75);
    expect(await spend(budget, [5, 1])).toEqual([0, 40]);
  });

  it('forgets what was used when the minute is over', async () => {
    const budget = new RequestBudget(100);
    budget.noteUsed(5000);
    await vi.advanceTimersByTimeAsync(40_000);
    expect(await spend(budget, [80])).toEqual([0]);
  });

  it('sends nothing while it is paused, and a shorter pause does not end a longer one', async () => {
    const budget = new RequestBudget(100);
    budget.pause(90_000);
    budget.pause(1000);
    expect(await spend(budget, [1])).toEqual([90]);
  });

  it('lets a request through that is heavier than the whole budget, alone', async () => {
    expect(await spend(new RequestBudget(100), [250, 1])).toEqual([0, 40]);
  });

  it('waits no longer when the signal aborts', async () => {
    const budget = new RequestBudget(100);
    budget.pause(90_000);
    const stopping = new AbortController();
    const waiting = budget.spend(1, stopping.signal);
    stopping.abort();
    await waiting;
    expect(vi.getTimerCount()).toBe(0);
  });
});
