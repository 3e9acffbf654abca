import { build, type Histogram } from 'hdr-histogram-js';

/** Times in milliseconds. */
export interface LatencySummary {
  readonly samples: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

const MICROS_PER_MS = 1000;

/** Latencies in an HDR histogram, in microseconds up to a minute, exact to three digits. */
export class LatencyRecorder {
  readonly #histogram: Histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 60_000_000,
    numberOfSignificantValueDigits: 3,
  });

  record(micros: number): void {
    this.#histogram.recordValue(Math.min(Math.max(1, micros), this.#histogram.highestTrackableValue));
  }

  reset(): void {
    this.#histogram.reset();
  }

  summarize(): LatencySummary {
    const at = (percentile: number): number => this.#histogram.getValueAtPercentile(percentile) / MICROS_PER_MS;
    return {
      samples: this.#histogram.totalCount,
      p50: at(50),
      p99: at(99),
      p999: at(99.9),
      max: this.#histogram.maxValue / MICROS_PER_MS,
    };
  }
}
