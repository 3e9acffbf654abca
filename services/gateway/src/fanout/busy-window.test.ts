import { afterEach, describe, expect, it, vi } from 'vitest';

import { BusyWindow, type LoadReading, readOwnLoad } from './busy-window.ts';

const MAX_MS = 5;

describe('BusyWindow', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it.each([
    { window: 'none', cpu: 0, loop: 0, ms: 0 },
    { window: 'none', cpu: 0.5, loop: 0.6, ms: 0 },
    { window: 'half of the longest', cpu: 0.55, loop: 0.6, ms: MAX_MS / 2 },
    { window: 'the longest', cpu: 0.6, loop: 0.65, ms: MAX_MS },
    { window: 'the longest', cpu: 1, loop: 1, ms: MAX_MS },
    { window: 'half of the longest, for others have the processor', cpu: 0.3, loop: 0.825, ms: MAX_MS / 2 },
    { window: 'the longest, for others have the processor', cpu: 0.3, loop: 0.9, ms: MAX_MS },
  ])('is, at a steady $cpu of a core with the loop at work for $loop of the time, $window', ({ cpu, loop, ms }) => {
    const load = new Load();
    const window = openWindow(load);
    for (let i = 0; i < 100; i++) {
      load.pass(10, { cpu, loop });
      window.next();
    }
    expect(window.next()).toBeCloseTo(ms, 2);
  });

  it('is not opened by one long turn', () => {
    const load = new Load();
    const window = openWindow(load);
    load.rest(1000);
    expect(window.next()).toBe(0);
    load.work(50);
    expect(window.next()).toBe(0);
  });

  it('is at its longest within a quarter of a second of a flood, and gone as soon after it', () => {
    const load = new Load();
    const window = openWindow(load);
    load.rest(1000);
    window.next();
    for (let i = 0; i < 25; i++) {
      load.work(10);
      window.next();
    }
    expect(window.next()).toBe(MAX_MS);
    for (let i = 0; i < 25; i++) {
      load.rest(10);
      window.next();
    }
    expect(window.next()).toBe(0);
  });

  it('never asks for less than a timer can wait', () => {
    const load = new Load();
    const window = openWindow(load);
    for (let share = 0; share <= 1; share += 0.001) {
      load.pass(50, { cpu: share, loop: share });
      const ms = window.next();
      if (ms !== 0) expect(ms).toBeGreaterThanOrEqual(1);
    }
  });

  it('goes by the clock of the process where it is given none', () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const load = new Load();
    const window = new BusyWindow({ maxMs: MAX_MS, readLoad: () => load.reading });
    vi.advanceTimersByTime(1000);
    load.work(1000);
    expect(window.next()).toBe(MAX_MS);
  });

  it('stays 0 where it is switched off', () => {
    const load = new Load();
    const window = new BusyWindow({ maxMs: 0, readLoad: () => load.reading, now: () => load.at });
    load.work(10_000);
    expect(window.next()).toBe(0);
  });

  it.each([
    // Messages a second, and what a burst costs: a call for each socket, nearly whatever it holds.
    { rate: 300, burstMs: 0.05, least: { share: 0, bursts: 299 }, most: { share: 0.05, bursts: 301 } },
    { rate: 100, burstMs: 3, least: { share: 0.28, bursts: 99 }, most: { share: 0.32, bursts: 101 } },
    { rate: 1000, burstMs: 1, least: { share: 0.5, bursts: 500 }, most: { share: 0.6, bursts: 600 } },
    { rate: 3000, burstMs: 0.3, least: { share: 0.35, bursts: 1000 }, most: { share: 0.6, bursts: 2000 } },
    { rate: 2000, burstMs: 4.8, least: { share: 0.45, bursts: 90 }, most: { share: 0.6, bursts: 125 } },
  ])('comes to rest with $rate messages/s of bursts of $burstMs ms', ({ rate, burstMs, least, most }) => {
    const load = new Load();
    const seen = relay(load, openWindow(load), { rate, burstMs });
    expect(seen.share).toBeGreaterThanOrEqual(least.share);
    expect(seen.share).toBeLessThanOrEqual(most.share);
    expect(seen.burstsPerSecond).toBeGreaterThanOrEqual(least.bursts);
    expect(seen.burstsPerSecond).toBeLessThanOrEqual(most.bursts);
  });
});

it('reads what this process uses, in milliseconds', async () => {
  const WORK_MS = 60;
  await new Promise((resolve) => setTimeout(resolve, 1));
  const before = readOwnLoad();
  const beganAt = performance.now();
  const cpuBefore = process.cpuUsage();
  while (performance.now() - beganAt < WORK_MS);
  const { user, system } = process.cpuUsage(cpuBefore);
  const after = readOwnLoad();
  expect(after.activeMs - before.activeMs).toBeGreaterThanOrEqual(WORK_MS - 1);
  const usedMs = (user + system) / 1000;
  expect(Math.abs(after.cpuMs - before.cpuMs - usedMs)).toBeLessThan(usedMs / 10 + 10);
  expect(after.cpuMs - before.cpuMs).toBeGreaterThan(0);
});

it('counts what the system does for this process as well', () => {
  const usage = vi.spyOn(process, 'cpuUsage').mockReturnValue({ user: 3000, system: 2000 });
  expect(readOwnLoad().cpuMs).toBe(5);
  usage.mockRestore();
});

function openWindow(load: Load): BusyWindow {
  return new BusyWindow({ maxMs: MAX_MS, readLoad: () => load.reading, now: () => load.at });
}

/** A process whose time passes only where it is told to. */
class Load {
  #at = 0;
  #cpuMs = 0;
  #activeMs = 0;

  get at(): number {
    return this.#at;
  }

  get reading(): LoadReading {
    return { cpuMs: this.#cpuMs, activeMs: this.#activeMs };
  }

  pass(ms: number, shares: { readonly cpu: number; readonly loop: number }): void {
    this.#at += ms;
    this.#cpuMs += ms * shares.cpu;
    this.#activeMs += ms * shares.loop;
  }

  work(ms: number): void {
    this.pass(ms, { cpu: 1, loop: 1 });
  }

  rest(ms: number): void {
    this.pass(Math.max(0, ms), { cpu: 0, loop: 0 });
  }
}

interface Traffic {
  readonly rate: number;
  readonly burstMs: number;
}

/** What a gateway comes to after two seconds of such messages: a burst takes all that have come when its window is over. */
function relay(load: Load, window: BusyWindow, { rate, burstMs }: Traffic): { share: number; burstsPerSecond: number } {
  const everyMs = 1000 / rate;
  let next = 0;
  const second = (): { share: number; burstsPerSecond: number } => {
    const [begunAt, begun] = [load.at, load.reading];
    let bursts = 0;
    while (load.at - begunAt < 1000) {
      // The first message behind the window, or those that came in it.
      const endsAt = load.at + window.next();
      load.rest(Math.max(next, endsAt) - load.at);
      while (next <= load.at) next += everyMs;
      load.work(burstMs);
      bursts += 1;
    }
    const passedMs = load.at - begunAt;
    return { share: (load.reading.cpuMs - begun.cpuMs) / passedMs, burstsPerSecond: (bursts * 1000) / passedMs };
  };
  second();
  return second();
}
