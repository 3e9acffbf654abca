export interface HeartbeatOptions {
  readonly intervalMs: number;
  /** Asks for the sign of life. Settles within the interval. */
  readonly beat: () => Promise<unknown>;
  /** When there last was a sign of life that nobody had asked for, by the monotonic clock: no beat is due before the interval is over since. */
  readonly lastSign?: () => number;
  /** Called once where a beat rejects; the heartbeat has stopped then. */
  readonly onMissed: () => void;
}

/** Asks for a sign of life at intervals, from `start` until one is missed. */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #timer: NodeJS.Timeout | undefined;
  /** Changes with each start and stop: what was asked before says nothing about now. */
  #run = 0;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  start(): void {
    this.stop();
    this.#run += 1;
    this.#wait(this.#options.intervalMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#run += 1;
  }

  #wait(ms: number): void {
    this.#timer = setTimeout(() => {
      const { intervalMs, lastSign } = this.#options;
      const dueInMs = lastSign === undefined ? 0 : lastSign() + intervalMs - performance.now();
      if (dueInMs <= 0) this.#beat();
      this.#wait(dueInMs <= 0 ? intervalMs : Math.ceil(dueInMs));
    }, ms);
  }

  #beat(): void {
    const run = this.#run;
    this.#options.beat().catch(() => {
      if (run !== this.#run) return;
      this.stop();
      this.#options.onMissed();
    });
  }
}
