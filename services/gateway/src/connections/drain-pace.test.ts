import { describe, expect, it } from 'vitest';

import { DrainPace } from './drain-pace.ts';

const STEP_MS = 20;

/** Asks all who are due each step, and says how many that were in each tenth of a second. */
function run(pace: DrainPace, { total, othersTake }: { total: number; othersTake: number }): number[] {
  const perTenth: number[] = [];
  let left = total;
  for (let now = 0; left > 0; now += STEP_MS) {
    const asked = Math.min(left, pace.due(now, othersTake));
    pace.asked(asked);
    left -= asked;
    const tenth = Math.floor(now / 100);
    perTenth[tenth] = (perTenth[tenth] ?? 0) + asked;
  }
  return perTenth;
}

describe('DrainPace', () => {
  it('asks evenly over the spread', () => {
    const pace = new DrainPace({ spreadMs: 5000, total: 5000, now: 0, until: 20_000 });
    const perTenth = run(pace, { total: 5000, othersTake: 10_000 });
    expect(perTenth).toHaveLength(51);
    // The first tenth begins, and the last ends, in its midst.
    for (const asked of perTenth.slice(1, -1)) expect(Math.abs(asked - 100)).toBeLessThanOrEqual(20);
  });

  it('asks no faster than the others can take', () => {
    const pace = new DrainPace({ spreadMs: 1000, total: 1000, now: 0, until: 60_000 });
    const perTenth = run(pace, { total: 1000, othersTake: 200 });
    expect(perTenth).toHaveLength(51);
  });

  it('asks all in time, whatever the others can take', () => {
    const pace = new DrainPace({ spreadMs: 1000, total: 1000, now: 0, until: 2000 });
    const perTenth = run(pace, { total: 1000, othersTake: 1 });
    expect(perTenth).toHaveLength(20);
    // Not all of them at the end.
    for (const asked of perTenth) expect(Math.abs(asked - 50)).toBeLessThanOrEqual(10);
  });

  it('asks a few in less than the spread', () => {
    const pace = new DrainPace({ spreadMs: 5000, total: 10, now: 0, until: 20_000 });
    expect(run(pace, { total: 10, othersTake: 1000 })).toHaveLength(2);
  });

  it('does not make good at once for a pause', () => {
    const pace = new DrainPace({ spreadMs: 1000, total: 1000, now: 0, until: 20_000 });
    pace.asked(pace.due(0, 10_000));
    const asked = pace.due(500, 10_000);
    pace.asked(asked);
    expect(asked).toBeLessThanOrEqual(25);
    expect(pace.due(510, 10_000)).toBeGreaterThanOrEqual(9);
  });

  it('asks the first at once', () => {
    const pace = new DrainPace({ spreadMs: 5000, total: 1, now: 7, until: 20_000 });
    expect(pace.due(7, 1000)).toBe(1);
  });

  it('asks everybody who is left once the time for it is over', () => {
    const pace = new DrainPace({ spreadMs: 5000, total: 1000, now: 0, until: 100 });
    expect(pace.due(100, 1)).toBe(Infinity);
  });
});
