import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 20;
const WINDOW_MS = 1000;
const NS_PER_MS = 1e6;

/** What samples how late the event loop is, in nanoseconds: Node's own histogram. */
export type DelayMonitor = Pick<IntervalHistogram, 'count' | 'mean' | 'reset' | 'enable' | 'disable'>;

/**
 * How late the event loop is: what a new client would wait for everything that it asks. The smaller mean of the last two
 * seconds, so that one stall, however long, is no overload.
 */
export class LoopLag {
  readonly #resolutionMs: number;
  readonly #monitor: DelayMonitor;
  readonly #timer: NodeJS.Timeout;
  #previousMs = 0;
  #latestMs = 0;

  /** @param resolutionMs between two looks, each of which wakes an idle process */
  constructor(
    resolutionMs = RESOLUTION_MS,
    monitor: DelayMonitor = monitorEventLoopDelay({ resolution: resolutionMs }),
  ) {
    this.#resolutionMs = resolutionMs;
    this.#monitor = monitor;
    monitor.enable();
    this.#timer = setInterval(() => {
      this.#endWindow();
    }, WINDOW_MS).unref();
  }

  get meanMs(): number {
    return Math.min(this.#previousMs, this.#latestMs);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#monitor.disable();
  }

  #endWindow(): void {
    this.#previousMs = this.#latestMs;
    // Each of its samples is the time between two looks, which is never less than its resolution.
    const meanMs = this.#monitor.count === 0 ? 0 : this.#monitor.mean / NS_PER_MS - this.#resolutionMs;
    this.#latestMs = Math.max(0, meanMs);
    this.#monitor.reset();
  }
}
