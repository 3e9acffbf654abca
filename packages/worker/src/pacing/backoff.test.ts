import { describe, expect, it } from 'vitest';

import { Backoff } from './backoff.ts';

describe('Backoff', () => {
  it('doubles its bound up to the longest wait', () => {
    const backoff = new Backoff({ baseMs: 100, maxMs: 500, random: () => 0.5 });
    expect(Array.from({ length: 5 }, () => backoff.nextMs())).toEqual([50, 100, 200, 250, 250]);
  });

  it('starts over after a reset', () => {
    const backoff = new Backoff({ baseMs: 100, maxMs: 500, random: () => 0.5 });
    backoff.nextMs();
    backoff.nextMs();
    backoff.reset();
    expect(backoff.nextMs()).toBe(50);
  });

  it('is one of 50 ms to 2 s where nothing else is said', () => {
    const backoff = new Backoff({ random: () => 0.5 });
    expect(Array.from({ length: 8 }, () => backoff.nextMs())).toEqual([25, 50, 100, 200, 400, 800, 1000, 1000]);
  });

  it('may not wait at all, and never waits longer than its bound', () => {
    const waits = Array.from({ length: 1000 }, () => new Backoff({ baseMs: 100, maxMs: 500 }).nextMs());
    expect(Math.min(...waits)).toBeLessThan(10);
    expect(Math.max(...waits)).toBeGreaterThan(90);
    expect(Math.max(...waits)).toBeLessThan(100);
  });

  it('stays at the longest wait after any number of attempts', () => {
    const backoff = new Backoff({ baseMs: 100, maxMs: 500, random: () => 1 });
    for (let attempt = 0; attempt < 2000; attempt++) backoff.nextMs();
    expect(backoff.nextMs()).toBe(500);
  });
});
