import { describe, expect, it } from 'vitest';
import { backoffMs } from './backoff.ts';

const least = (): number => 0;
const most = (): number => 1;

describe('backoffMs', () => {
  it('comes back within a moment where the close code says now', () => {
    expect(backoffMs('now', 0, least)).toBe(0);
    expect(backoffMs('now', 0, most)).toBe(250);
  });

  it('waits half a second at the least otherwise', () => {
    expect(backoffMs('wait', 0, least)).toBe(500);
    expect(backoffMs('now', 1, least)).toBe(500);
  });

  it('doubles the ceiling with each attempt', () => {
    expect([0, 1, 2, 3].map((attempt) => backoffMs('wait', attempt, most))).toEqual([1_500, 2_500, 4_500, 8_500]);
  });

  it('never waits longer than 30.5 s', () => {
    expect(backoffMs('wait', 5, most)).toBe(30_500);
    expect(backoffMs('wait', 5_000, most)).toBe(30_500);
  });

  it('spreads clients over the whole range', () => {
    expect(backoffMs('wait', 2, () => 0.25)).toBe(1_500);
    expect(backoffMs('wait', 2, () => 0.75)).toBe(3_500);
  });
});
