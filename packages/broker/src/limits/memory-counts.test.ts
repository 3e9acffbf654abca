import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { MemoryHub } from '../memory/hub.ts';
import { createMemoryCounts } from './memory-counts.ts';

/** (5540.1285 + 60,000) - 5540.1285 is more than 60,000, as JavaScript counts. */
const AWKWARD_MS = 5540.1285;

describe('counts in memory', () => {
  beforeEach(() => {
    vi.spyOn(performance, 'now').mockReturnValue(AWKWARD_MS);
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it.each([1, 7, 13])('let all %i events of a minute pass, whatever time it is, and none more', (perMinute) => {
    const counts = createMemoryCounts(new MemoryHub());
    const passed = Array.from({ length: perMinute + 1 }, () => counts.pass('ann', perMinute));
    expect(passed).toEqual([...Array<boolean>(perMinute).fill(true), false]);
  });
});
