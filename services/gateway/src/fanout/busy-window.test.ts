import { describe, expect, it } from 'vitest';

import { BusyWindow } from './busy-window.ts';

const MAX_MS = 5;

describe('BusyWindow', () => {
  it.each([
    ['no window', 0, 0],
    ['no window', 0.3, 0],
    ['half of the longest', 0.425, MAX_MS / 2],
    ['the longest', 0.5, MAX_MS],
    ['the longest', 1, MAX_MS],
  ])('has %s under a steady load of %d', (_, share, ms) => {
    const loop = new Loop();
    const window = new BusyWindow({ maxMs: MAX_MS, readLoop: () => loop.times });
    for (let i = 0; i < 100; i++) {
      loop.work(share * 10);
      loop.rest((1 - share) * 10);
      window.next();
    }
    expect(window.next()).toBeCloseTo(ms, 2);
  });

  it('is not moved by one long turn', () => {
    const loop = new Loop();
    const window = new BusyWindow({ maxMs: MAX_MS, readLoop: () => loop.times });
    loop.rest(1000);
    expect(window.next()).toBe(0);
    loop.work(30);
    expect(window.next()).toBe(0);
  });

  it('is at its longest within a quarter of a second of a flood, and gone as soon after it', () => {
    const loop = new Loop();
    const window = new BusyWindow({ maxMs: MAX_MS, readLoop: () => loop.times });
    loop.rest(1000);
    window.next();
    for (let i = 0; i < 25; i++) {
      loop.work(10);
      window.next();
    }
    expect(window.next()).toBe(MAX_MS);
    for (let i = 0; i < 25; i++) {
      loop.rest(10);
      window.next();
    }
    expect(window.next()).toBe(0);
  });

  it('never asks for less than a timer can wait', () => {
    const loop = new Loop();
    const window = new BusyWindow({ maxMs: MAX_MS, readLoop: () => loop.times });
    for (let share = 0; share <= 1; share += 0.001) {
      loop.work(share * 50);
      loop.rest((1 - share) * 50);
      const ms = window.next();
      if (ms !== 0) expect(ms).toBeGreaterThanOrEqual(1);
    }
  });

  it('stays 0 where it is switched off', () => {
    const loop = new Loop();
    const window = new BusyWindow({ maxMs: 0, readLoop: () => loop.times });
    loop.work(10_000);
    expect(window.next()).toBe(0);
  });

  it.each([
    // Messages a second, and what a burst costs: a call for each socket, nearly whatever it holds.
    { rate: 300, burstMs: 0.05, least: { share: 0, bursts: 299 }, most: { share: 0.05, bursts: 301 } },
    { rate: 100, burstMs: 3, least: { share: 0.28, bursts: 99 }, most: { share: 0.32, bursts: 101 } },
    { rate: 1000, burstMs: 1, least: { share: 0.35, bursts: 350 }, most: { share: 0.5, bursts: 500 } },
    { rate: 3000, burstMs: 0.3, least: { share: 0.35, bursts: 400 }, most: { share: 0.5, bursts: 1600 } },
    { rate: 2000, burstMs: 4.8, least: { share: 0.45, bursts: 90 }, most: { share: 0.55, bursts: 115 } },
  ])('comes to rest with $rate messages/s of bursts of $burstMs ms', ({ rate, burstMs, least, most }) => {
    const loop = new Loop();
    const window = new BusyWindow({ maxMs: MAX_MS, readLoop: () => loop.times });
    const seen = relay({ loop, window, rate, burstMs });
    expect(seen.share).toBeGreaterThanOrEqual(least.share);
    expect(seen.share).toBeLessThanOrEqual(most.share);
    expect(seen.burstsPerSecond).toBeGreaterThanOrEqual(least.bursts);
    expect(seen.burstsPerSecond).toBeLessThanOrEqual(most.bursts);
  });
});

/** A loop whose time passes only where it is told to. */
class Loop {
  #activeMs = 0;
  #idleMs = 0;

  get times(): { readonly activeMs: number; readonly idleMs: number } {
    return { activeMs: this.#activeMs, idleMs: this.#idleMs };
  }

  get now(): number {
    return this.#activeMs + this.#idleMs;
  }

  work(ms: number): void {
    this.#activeMs += ms;
  }

  rest(ms: number): void {
    this.#idleMs += Math.max(0, ms);
  }
}

interface Load {
  readonly loop: Loop;
  readonly window: BusyWindow;
  readonly rate: number;
  readonly burstMs: number;
}

/** What a gateway comes to after two seconds of such messages: a burst takes all that have come when its window is over. */
function relay({ loop, window, rate, burstMs }: Load): { share: number; burstsPerSecond: number } {
  const everyMs = 1000 / rate;
  let next = 0;
  const second = (): { share: number; burstsPerSecond: number } => {
    const [begun, before] = [loop.now, loop.times.activeMs];
    let bursts = 0;
    while (loop.now - begun < 1000) {
      // The first message behind the window, or those that came in it.
      const endsAt = loop.now + window.next();
      loop.rest(Math.max(next, endsAt) - loop.now);
      while (next <= loop.now) next += everyMs;
      loop.work(burstMs);
      bursts += 1;
    }
    const passedMs = loop.now - begun;
    return { share: (loop.times.activeMs - before) / passedMs, burstsPerSecond: (bursts * 1000) / passedMs };
  };
  second();
  return second();
}
