import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { type LoopReading, SpareArrivals } from './spare-arrivals.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

describe('SpareArrivals', () => {
  let reading: LoopReading;
  let spare: SpareArrivals;

  beforeEach(() => {
    reading = { at: 1000, activeMs: 100 };
    spare = new SpareArrivals(() => reading);
  });

  function pass(ms: number, activeMs: number): void {
    reading = { at: reading.at + ms, activeMs: reading.activeMs + activeMs };
  }

  it('is less the busier the loop was since the last look', () => {
    pass(2000, 0);
    expect(spare.perSecond(100_000)).toBe(500);
    pass(2000, 500);
    expect(spare.perSecond(100_000)).toBe(375);
    pass(2000, 1500);
    expect(spare.perSecond(100_000)).toBe(125);
  });

  it('is a few where there is no time left at all', () => {
    pass(2000, 2000);
    expect(spare.perSecond(100_000)).toBe(10);
  });

  it('is what it was before where the last look is a moment ago', () => {
    pass(2000, 1000);
    expect(spare.perSecond(100_000)).toBe(250);
    pass(10, 10);
    expect(spare.perSecond(100_000)).toBe(250);
  });

  it('looks anew as soon as half a second has passed', () => {
    pass(500, 250);
    expect(spare.perSecond(100_000)).toBe(250);
  });

  it('is never more than there are places', () => {
    pass(2000, 0);
    expect(spare.perSecond(3)).toBe(3);
    expect(spare.perSecond(-1)).toBe(0);
  });
});

it('reads how busy its own loop is', () => {
  const now = vi.spyOn(performance, 'now').mockReturnValue(1000);
  const loop = vi.spyOn(performance, 'eventLoopUtilization').mockReturnValue({ idle: 0, active: 100, utilization: 1 });
  const spare = new SpareArrivals();
  now.mockReturnValue(2000);
  loop.mockReturnValue({ idle: 500, active: 600, utilization: 0.5 });
  expect(spare.perSecond(100_000)).toBe(250);
});
