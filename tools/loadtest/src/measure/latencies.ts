import { Int32Histogram } from 'hdr-histogram-js';

/** Times in microseconds. */
export type Latencies = Int32Histogram;

/** Values with their counts, of one histogram: what goes from a worker to the run. In microseconds. */
export type LatencyCounts = readonly (readonly [micros: number, count: number])[];

/** What is longer counts as this long: nothing waits for more than a minute. */
const MAX_MICROS = 60_000_000;
const DIGITS = 3;

/** Times between 1 µs and a minute, exact to a thousandth of each. */
export function createLatencies(): Latencies {
  return new Int32Histogram(1, MAX_MICROS, DIGITS);
}

/** Notes one time. A negative one, which clocks that differ can make, counts as zero. */
export function recordMicros(latencies: Latencies, micros: number): void {
  latencies.recordValue(Math.min(Math.max(Math.round(micros), 0), MAX_MICROS));
}

/** Takes everything out of a histogram. */
export function takeCounts(latencies: Latencies): LatencyCounts {
  const counts: [number, number][] = [];
  const values = latencies.recordedValuesIterator;
  values.reset();
  while (values.hasNext()) {
    const { valueIteratedTo, countAtValueIteratedTo } = values.next();
    counts.push([Math.min(valueIteratedTo, MAX_MICROS), countAtValueIteratedTo]);
  }
  latencies.reset();
  return counts;
}

/** Notes what another histogram held. */
export function addCounts(latencies: Latencies, counts: LatencyCounts): void {
  for (const [micros, count] of counts) latencies.recordValueWithCount(micros, count);
}
