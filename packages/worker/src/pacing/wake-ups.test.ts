import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { WakeUps } from './wake-ups.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('WakeUps', () => {
  const never = new AbortController().signal;

  it('wakes whoever waits for that name, and nobody else', async () => {
    const wakeUps = new WakeUps();
    const woken: string[] = [];
    for (const name of ['a', 'b']) wakeUps.arm(name);
    for (const name of ['a', 'b']) void wakeUps.wait(name, 60_000, never).then(() => woken.push(name));
    wakeUps.wake('b');
    await vi.advanceTimersByTimeAsync(0);
    expect(woken).toEqual(['b']);
    wakeUps.wakeAll();
    await vi.advanceTimersByTimeAsync(0);
    expect(woken).toEqual(['b', 'a']);
  });

  it.each([
    [
      'its own hint',
      (wakeUps: WakeUps) => {
        wakeUps.wake('a');
      },
    ],
    [
      'a hint for all',
      (wakeUps: WakeUps) => {
        wakeUps.wakeAll();
      },
    ],
  ])('keeps what came during a look for the wait behind it: %s', async (_, hint) => {
    const wakeUps = new WakeUps();
    wakeUps.arm('a');
    hint(wakeUps);
    await wakeUps.wait('a', 60_000, never);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('forgets what came before it was armed', async () => {
    const wakeUps = new WakeUps();
    wakeUps.wake('a');
    wakeUps.arm('a');
    const waiting = wakeUps.wait('a', 1000, never);
    await vi.advanceTimersByTimeAsync(1000);
    await waiting;
    expect(vi.getTimerCount()).toBe(0);
  });
});
