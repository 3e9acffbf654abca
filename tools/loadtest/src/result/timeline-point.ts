/** One second of a run, or what is left of one at its end. */
export interface TimelinePoint {
  /** Since the start, at the end of the interval. */
  readonly seconds: number;
  readonly connected: number;
  readonly publishedPerSecond: number;
  readonly deliveredPerSecond: number;
  readonly bytesPerSecond: number;
  /** Of what came in this interval, in milliseconds; null where nothing came. */
  readonly p50: number | null;
  readonly p99: number | null;
  readonly max: number | null;
  readonly errors: number;
  /** 0 to 1: the busiest worker's event loop. */
  readonly eventLoop: number;
  readonly cpuCores: number;
  readonly machineBusy: number;
}
