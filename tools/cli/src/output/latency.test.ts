import { expect, it } from 'vitest';

import { histogram, summarize } from './latency.ts';

it('summarizes by nearest rank', () => {
  const times = Array.from({ length: 100 }, (_, i) => 100 - i);
  expect(summarize(times)).toEqual({ count: 100, minMs: 1, medianMs: 50, p99Ms: 99, maxMs: 100 });
  expect(summarize([7])).toEqual({ count: 1, minMs: 7, medianMs: 7, p99Ms: 7, maxMs: 7 });
});

it('draws a bar for each power of two between the fastest and the slowest', () => {
  const lines = histogram([0.4, 0.5, 3, 3.5, 4, 4]);
  expect(lines).toHaveLength(4);
  expect(lines[0]).toMatch(/0\.5 ms █{20} 2$/);
  expect(lines[1]).toMatch(/1 ms {2}0$/);
  expect(lines[3]).toMatch(/4 ms █{40} 4$/);
});
