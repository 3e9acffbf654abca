export interface LatencySummary {
  readonly count: number;
  readonly minMs: number;
  readonly medianMs: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

const BAR_WIDTH = 40;

/** Of at least one time, in milliseconds; percentiles by the nearest rank. */
export function summarize(times: readonly number[]): LatencySummary {
  const sorted = times.toSorted((a, b) => a - b);
  const rank = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  return { count: sorted.length, minMs: rank(0), medianMs: rank(0.5), p99Ms: rank(0.99), maxMs: rank(1) };
}

/** A bar for each power of two milliseconds between the fastest and the slowest. */
export function histogram(times: readonly number[]): string[] {
  const buckets = new Map<number, number>();
  for (const time of times) {
    const bucket = Math.ceil(Math.log2(Math.max(time, 2 ** -10)));
    buckets.set(bucket, (buckets.get(bucket) ?? 0) + 1);
  }
  const exponents = [...buckets.keys()];
  const largest = Math.max(...buckets.values());
  const lines: string[] = [];
  for (let exponent = Math.min(...exponents); exponent <= Math.max(...exponents); exponent++) {
    const count = buckets.get(exponent) ?? 0;
    const bar = '█'.repeat(Math.ceil((count / largest) * BAR_WIDTH));
    lines.push(`≤ ${String(2 ** exponent).padStart(12)} ms ${bar} ${String(count)}`);
  }
  return lines;
}
