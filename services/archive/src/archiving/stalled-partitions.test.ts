import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { StalledPartitions } from './stalled-partitions.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('says for how long a partition has not been archived, of those that are its own', () => {
  const stalled = new StalledPartitions();
  expect(stalled.longest).toBeUndefined();
  stalled.assign(['3', '4']);
  vi.advanceTimersByTime(1000);
  stalled.handleArchived('3');
  stalled.handleArchived('9');
  vi.advanceTimersByTime(500);
  expect(stalled.longest).toEqual({ partition: '4', ms: 1500 });
  // It was its own before, and is another's now.
  stalled.assign(['3', '5']);
  expect(stalled.longest).toEqual({ partition: '3', ms: 500 });
  stalled.handleArchived('3');
  vi.advanceTimersByTime(100);
  expect(stalled.longest?.ms).toBe(100);
});
