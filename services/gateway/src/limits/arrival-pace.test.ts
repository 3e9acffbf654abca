import { beforeEach, describe, expect, it } from 'vitest';

import { ArrivalPace, type IdleReading } from './arrival-pace.ts';

describe('ArrivalPace', () => {
  let reading: IdleReading;
  let pace: ArrivalPace;

  beforeEach(() => {
    reading = { at: 1000, idleMs: 100 };
    pace = new ArrivalPace(() => reading);
  });

  function pass(ms: number, idleMs = 0): void {
    reading = { at: reading.at + ms, idleMs: reading.idleMs + idleMs };
  }

  /** So many, evenly over some time in which the loop has no free moment. */
  function arrive(count: number, forMs: number): readonly number[] {
    return Array.from({ length: count }, () => {
      pass(forMs / count);
      return pace.arrive();
    });
  }

  it('lets in whoever comes while the loop has free moments, however many that are', () => {
    for (let i = 0; i < 20_000; i += 1) {
      pass(1, i % 1000 === 0 ? 0.01 : 0);
      expect(pace.arrive()).toBe(0);
    }
  });

  it('lets in the first, whatever its loop has done before', () => {
    for (const idleMs of [0, 1, 86_400_000]) {
      reading = { at: 86_400_000, idleMs };
      expect(new ArrivalPace(() => reading).arrive()).toBe(0);
    }
  });

  it('lets in thousands at once, whom one busy spell serves', () => {
    expect(arrive(10_000, 4900).filter((ms) => ms > 0)).toEqual([]);
  });

  it('sends away who comes when the loop has had no free moment for 5 s, each to a turn of its own', () => {
    pace.arrive();
    arrive(2500, 5000);
    const turns = arrive(1000, 500);
    expect(turns.every((ms, i) => ms > (turns[i - 1] ?? 0))).toBe(true);
    // As fast as they were let in: 500 a second.
    expect(turns.at(-1)).toBeGreaterThan(1900);
    expect(turns.at(-1)).toBeLessThan(2100);
  });

  it('sends away whoever comes at the end of those 5 s, and nobody before', () => {
    pace.arrive();
    pass(4999);
    expect(pace.arrive()).toBe(0);
    pass(1);
    expect(pace.arrive()).toBeGreaterThan(0);
  });

  it('lets them in again from the first free moment on', () => {
    arrive(2500, 6000);
    expect(pace.arrive()).toBeGreaterThan(0);
    pass(1, 0.001);
    expect(pace.arrive()).toBe(0);
    expect(arrive(100, 4000).at(-1)).toBe(0);
  });

  it('sends nobody away for more than 30 s, and takes at least a hundred a second for possible', () => {
    pace.arrive();
    pass(6000);
    expect(pace.arrive()).toBe(10);
    expect(arrive(10_000, 1000).at(-1)).toBe(30_000);
  });
});

it('reads no free moment while the loop has something to do, and one as soon as it has not', async () => {
  const pace = new ArrivalPace();
  const read = (): number => performance.eventLoopUtilization().idle;
  expect(pace.arrive()).toBe(0);
  await new Promise((resolve) => setImmediate(resolve));
  const before = read();
  for (let i = 0; i < 100; i += 1) await new Promise((resolve) => setImmediate(resolve));
  expect(read()).toBe(before);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(read()).toBeGreaterThan(before);
});
