/** How the memory of a process went over a run. */
export interface MemoryTrend {
  /** Median of the second quarter of the samples: after the first, a process has what it needs. */
  readonly earlyBytes: number;
  /** Median of the last quarter. */
  readonly lateBytes: number;
}

/** @param samples Resident bytes, at even intervals. */
export function memoryTrend(samples: readonly number[]): MemoryTrend {
  const quarter = Math.floor(samples.length / 4);
  return {
    earlyBytes: median(samples.slice(quarter, 2 * quarter)),
    lateBytes: median(samples.slice(-quarter)),
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
