import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 20;
const WINDOW_MS = 1000;
const NS_PER_MS = 1e6;

/** How late the event loop is, over the last second: what a new client would wait for everything that it asks. */
export class LoopLag {
  readonly #histogram: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  readonly #timer: NodeJS.Timeout;
  #meanMs = 0;

  constructor() {
    this.#histogram.enable();
    this.#timer = setInterval(() => {
      // Each of its samples is the time between two looks, which is never less than its resolution.
      const meanMs = this.#histogram.count === 0 ? 0 : this.#histogram.mean / NS_PER_MS - RESOLUTION_MS;
      this.#meanMs = Math.max(0, meanMs);
      this.#histogram.reset();
    }, WINDOW_MS).unref();
  }

  get meanMs(): number {
    return this.#meanMs;
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#histogram.disable();
  }
}
