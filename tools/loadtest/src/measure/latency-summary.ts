import type { Latencies } from './latencies.ts';

/** A distribution of times, in milliseconds. Where nothing was measured, the count is 0 and the rest null. */
export type LatencySummary = MeasuredLatency | typeof NO_LATENCY;

export interface MeasuredLatency {
  readonly count: number;
  readonly min: number;
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

export const NO_LATENCY = {
  count: 0,
  min: null,
  mean: null,
  p50: null,
  p90: null,
  p99: null,
  p999: null,
  max: null,
} as const;

/** A point of the percentile curve. */
export type PercentilePoint = readonly [percentile: number, ms: number];

const CURVE = [1, 5, 10, 25, 50, 75, 90, 95, 97.5, 99, 99.5, 99.75, 99.9, 99.95, 99.99, 99.995, 99.999, 99.9999];

export function summarize(latencies: Latencies): LatencySummary {
  if (latencies.totalCount === 0) return NO_LATENCY;
  const at = (percentile: number): number => toMs(latencies.getValueAtPercentile(percentile));
  return {
    count: latencies.totalCount,
    min: at(0),
    mean: toMs(latencies.mean),
    p50: at(50),
    p90: at(90),
    p99: at(99),
    p999: at(99.9),
    max: toMs(latencies.maxValue),
  };
}

/** The percentiles that the number of values bears: of a thousand values the last point is the 99.9th. */
export function percentileCurve(latencies: Latencies): readonly PercentilePoint[] {
  const finest = 100 - 100 / latencies.totalCount;
  return CURVE.filter((percentile) => percentile <= finest).map((percentile) => [
    percentile,
    toMs(latencies.getValueAtPercentile(percentile)),
  ]);
}

/** Microseconds, as histograms hold them. */
function toMs(micros: number): number {
  return Math.round(micros) / 1000;
}
