import { describe, expect, it } from 'vitest';

import { addCounts, createLatencies, recordMicros, takeCounts } from './latencies.ts';
import { percentileCurve, summarize } from './latency-summary.ts';

describe('latencies', () => {
  it('come out of one histogram and into another without a change', () => {
    const from = createLatencies();
    for (let micros = 1; micros <= 1000; micros++) recordMicros(from, micros);
    const to = createLatencies();
    addCounts(to, takeCounts(from));
    expect(from.totalCount).toBe(0);
    expect(summarize(to)).toMatchObject({ count: 1000, min: 0.001, p50: 0.5, p99: 0.99, max: 1 });
  });

  it('hold times that are negative or longer than a minute at the ends', () => {
    const latencies = createLatencies();
    recordMicros(latencies, -5);
    recordMicros(latencies, 1e12);
    const again = createLatencies();
    addCounts(again, takeCounts(latencies));
    expect(summarize(again)).toMatchObject({ count: 2, min: 0 });
    expect(summarize(again).max).toBeCloseTo(60_000, -2);
  });

  it('are null where nothing was measured: zero would be a time', () => {
    expect(summarize(createLatencies())).toEqual({
      count: 0,
      min: null,
      mean: null,
      p50: null,
      p90: null,
      p99: null,
      p999: null,
      max: null,
    });
    expect(percentileCurve(createLatencies())).toEqual([]);
  });

  it('give no percentile that there are too few values for', () => {
    const latencies = createLatencies();
    for (let i = 0; i < 1000; i++) recordMicros(latencies, i);
    expect(percentileCurve(latencies).at(-1)).toEqual([99.9, 0.998]);
  });
});
