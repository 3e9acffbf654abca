import { describe, expect, it } from 'vitest';

import { dueBy, longestTimeOf } from './due.ts';

const STEADY = { rate: { from: 100, to: 100 }, durationMs: 1000 };
const RISING = { rate: { from: 0, to: 100 }, durationMs: 1000 };
const FALLING = { rate: { from: 100, to: 0 }, durationMs: 1000 };

describe('dueBy', () => {
  it('is rate × time where the rate is steady', () => {
    expect(dueBy(500, STEADY)).toBe(50);
  });

  it('is the area under a rate that rises', () => {
    expect(dueBy(500, RISING)).toBe(12.5);
    expect(dueBy(1000, RISING)).toBe(50);
  });

  it('ends with the duration', () => {
    expect(dueBy(9000, { rate: { from: 10, to: 10 }, durationMs: 1000 })).toBe(10);
  });
});

describe('longestTimeOf', () => {
  it('is messages ÷ rate where the rate is steady', () => {
    expect(longestTimeOf(5, STEADY)).toBe(50);
  });

  it('is that of the first messages of a rate that rises, and of the last of one that falls', () => {
    expect(longestTimeOf(12.5, RISING)).toBeCloseTo(500);
    expect(longestTimeOf(12.5, FALLING)).toBeCloseTo(500);
    expect(dueBy(longestTimeOf(3, RISING), RISING)).toBeCloseTo(3);
  });

  it('is the whole load where it has no more', () => {
    expect(longestTimeOf(5000, STEADY)).toBe(1000);
  });
});
