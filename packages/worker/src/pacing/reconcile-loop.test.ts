import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { ReconcileLoop } from './reconcile-loop.ts';

const EACH_MS = 1000;

/** When each look began. */
let looks: number[];
let tookMs: number;
let loop: ReconcileLoop;

beforeEach(() => {
  vi.useFakeTimers();
  looks = [];
  tookMs = 0;
  loop = new ReconcileLoop(async () => {
    looks.push(performance.now());
    await new Promise((resolve) => {
      setTimeout(resolve, tookMs);
    });
    return EACH_MS;
  });
});
afterEach(async () => {
  await Promise.all([loop.stop(), vi.runAllTimersAsync()]);
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

/** A timer of Node's waits for a millisecond at least. */
async function gapsWithin(ms: number): Promise<readonly number[]> {
  await vi.advanceTimersByTimeAsync(ms);
  return looks.slice(1).map((at, i) => at - (looks[i] ?? 0));
}

describe('a loop', () => {
  it('looks when it is due, from the start of one look to the next', async () => {
    tookMs = 300;
    loop.start();
    expect(await gapsWithin(2500)).toEqual([1000, 1000]);
  });

  it('looks at once behind a look that took too long', async () => {
    tookMs = 1500;
    loop.start();
    expect(await gapsWithin(3500)).toEqual([1501, 1501]);
  });

  it('looks now where it is hurried, and when that is due again from then on', async () => {
    loop.start();
    await vi.advanceTimersByTimeAsync(400);
    loop.hurry();
    expect(await gapsWithin(1500)).toEqual([400, 1000]);
  });

  it('looks again, once, behind a look during which it was hurried', async () => {
    tookMs = 300;
    loop.start();
    await vi.advanceTimersByTimeAsync(100);
    for (let i = 0; i < 3; i += 1) loop.hurry();
    expect(await gapsWithin(1000)).toEqual([301]);
  });

  it('does nothing before it is started, and nothing once it is stopped', async () => {
    loop.hurry();
    expect(looks).toEqual([]);
    loop.start();
    await Promise.all([loop.stop(), vi.advanceTimersByTimeAsync(1)]);
    loop.hurry();
    expect(await gapsWithin(5000)).toEqual([]);
    expect(loop.isRunning).toBe(false);
  });

  it('stops when the look that is under way is over', async () => {
    tookMs = 300;
    loop.start();
    let isStopped = false;
    void loop.stop().then(() => {
      isStopped = true;
    });
    await vi.advanceTimersByTimeAsync(299);
    expect(isStopped).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(isStopped).toBe(true);
  });
});
