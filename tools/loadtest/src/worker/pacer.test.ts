import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { dueBy, Pacer } from './pacer.ts';

describe('dueBy', () => {
  it('is rate × time where the rate is steady', () => {
    expect(dueBy(500, { rate: { from: 100, to: 100 }, durationMs: 1000 })).toBe(50);
  });

  it('is the area under a rate that rises', () => {
    const ramp = { rate: { from: 0, to: 100 }, durationMs: 1000 };
    expect(dueBy(500, ramp)).toBe(12.5);
    expect(dueBy(1000, ramp)).toBe(50);
  });

  it('ends with the duration', () => {
    expect(dueBy(9000, { rate: { from: 10, to: 10 }, durationMs: 1000 })).toBe(10);
  });
});

describe('Pacer', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('sends its share of what is due', () => {
    let sent = 0;
    const pacer = new Pacer({
      rate: { from: 1000, to: 1000 },
      durationMs: 1000,
      share: 0.5,
      send: () => sent++,
      lagged: () => undefined,
    });
    pacer.start();
    vi.advanceTimersByTime(500);
    expect(sent).toBe(250);
    pacer.stop();
    vi.advanceTimersByTime(500);
    expect(sent).toBe(250);
  });
});
