import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { GracePeriod } from './grace-period.ts';

describe('GracePeriod', () => {
  let over: string[];
  let grace: GracePeriod<string>;

  beforeEach(() => {
    vi.useFakeTimers();
    over = [];
    grace = new GracePeriod(5000, (item) => over.push(item));
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('hands each item out when its own time is over, with one timer', () => {
    grace.add('a');
    grace.add('b');
    vi.advanceTimersByTime(3000);
    grace.add('c');
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(1999);
    expect(over).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(over).toEqual(['a', 'b']);
    vi.advanceTimersByTime(2999);
    expect(over).toEqual(['a', 'b']);
    vi.advanceTimersByTime(1);
    expect(over).toEqual(['a', 'b', 'c']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('hands nothing out once cleared, and begins anew', () => {
    grace.add('a');
    grace.clear();
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(10_000);
    grace.add('b');
    vi.advanceTimersByTime(5000);
    expect(over).toEqual(['b']);
  });
});
