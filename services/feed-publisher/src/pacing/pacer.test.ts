import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Pacer } from './pacer.ts';

const NEVER = new AbortController().signal;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Waits for the events of these times one after the other; gives the real time at which each was due. */
async function pace(pacer: Pacer, eventTimes: readonly number[]): Promise<number[]> {
  const startedAt = performance.now();
  const dueAt: number[] = [];
  const waiting = (async () => {
    for (const eventAt of eventTimes) {
      await pacer.waitUntil(eventAt, NEVER);
      dueAt.push(Math.round(performance.now() - startedAt));
    }
  })();
  await vi.runAllTimersAsync();
  await waiting;
  return dueAt;
}

describe('Pacer', () => {
  it.each([
    [1, [0, 100, 150, 1150]],
    [10, [0, 10, 15, 115]],
    [0.5, [0, 200, 300, 2300]],
  ])('keeps the distances of the events at speed %d', async (speed, expected) => {
    const start = 1_723_161_253_937.085;
    expect(await pace(new Pacer(speed), [start, start + 100, start + 150, start + 1150])).toEqual(expected);
  });

  it('never waits at infinite speed', async () => {
    expect(await pace(new Pacer(Infinity), [0, 1e6, 1e9])).toEqual([0, 0, 0]);
  });

  it('does not wait for an event that is earlier than the one before', async () => {
    expect(await pace(new Pacer(1), [500, 400, 600])).toEqual([0, 0, 100]);
  });

  it('starts over after a restart', async () => {
    const pacer = new Pacer(1);
    await pace(pacer, [0, 300]);
    pacer.restart();
    expect(await pace(pacer, [0, 50])).toEqual([0, 50]);
  });

  it('catches up on a short delay', async () => {
    const pacer = new Pacer(1);
    await pace(pacer, [0]);
    await vi.advanceTimersByTimeAsync(800);
    expect(await pace(pacer, [100, 900])).toEqual([0, 100]);
  });

  it('goes on at its pace after a long delay', async () => {
    const pacer = new Pacer(1);
    await pace(pacer, [0]);
    await vi.advanceTimersByTimeAsync(5000);
    expect(await pace(pacer, [100, 900])).toEqual([0, 800]);
  });

  it('ends its wait when the signal aborts', async () => {
    const pacer = new Pacer(1);
    const stopping = new AbortController();
    await pace(pacer, [0]);
    const waiting = pacer.waitUntil(60_000, stopping.signal);
    stopping.abort();
    await waiting;
    expect(vi.getTimerCount()).toBe(0);
  });

  it('lets other work run though it has nothing to wait for', async () => {
    vi.useRealTimers();
    const pacer = new Pacer(Infinity);
    const others = vi.fn();
    setImmediate(others);
    const deadline = performance.now() + 5000;
    while (others.mock.calls.length === 0 && performance.now() < deadline) await pacer.waitUntil(0, NEVER);
    expect(others).toHaveBeenCalledOnce();
  });
});
