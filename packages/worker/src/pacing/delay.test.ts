import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { delay } from './delay.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('delay', () => {
  it('waits longer than a timer of Node can', async () => {
    let isOver = false;
    const waiting = delay(60 * DAY_MS, new AbortController().signal).then(() => {
      isOver = true;
    });
    await vi.advanceTimersByTimeAsync(60 * DAY_MS - 1);
    expect(isOver).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await waiting;
  });

  it.each([1000, 60 * DAY_MS])('ends at once when it is told to, and leaves no timer: %d ms', async (ms) => {
    const stopping = new AbortController();
    const waiting = delay(ms, stopping.signal);
    stopping.abort();
    await waiting;
    await delay(ms, stopping.signal);
    expect(vi.getTimerCount()).toBe(0);
  });
});
