import { describe, expect, it } from 'vitest';

import { aPlan } from '../testing/a-plan.ts';
import { longestPlannedSilenceMs } from './planned-silence.ts';

const rate = (each: number): { readonly from: number; readonly to: number } => ({ from: each, to: each });

describe('longestPlannedSilenceMs', () => {
  it.each([
    ['one room, one publisher', { rooms: 1, publishers: 1, rate: rate(20) }, 50],
    ['one room, many publishers', { rooms: 1, publishers: 200, rate: rate(50) }, 20],
    ['a publisher in each room', { rooms: 50, publishers: 50, rate: rate(200) }, 250],
    ['rooms of which some have one publisher more', { rooms: 4, publishers: 6, rate: rate(60) }, 100],
    ['more rooms than publishers', { rooms: 50, publishers: 10, rate: rate(100) }, 100],
  ])('is that of the room in which least is said: %s', (_, plan, expected) => {
    expect(longestPlannedSilenceMs(aPlan({ ...plan, durationMs: 60_000 }))).toBeCloseTo(expected);
  });

  it('is that of the slow end where the rate rises', () => {
    const plan = aPlan({ rooms: 1, publishers: 1, rate: { from: 0, to: 2 }, durationMs: 10_000 });
    expect(longestPlannedSilenceMs(plan)).toBeCloseTo(Math.sqrt(10) * 1000);
  });

  it('is the interval of the class where books are watched', () => {
    const books = { symbols: ['A'], depth: 25, intervalMs: 2000, perConnection: 1 };
    expect(longestPlannedSilenceMs(aPlan({ scenario: 'feed', rooms: 0, publishers: 0, books }))).toBe(2000);
  });
});
