export interface HeartbeatOptions {
  readonly intervalMs: number;
  /** Asks for the sign of life. Settles within the interval. */
  readonly beat: () => Promise<unknown>;
  /** Called once where a beat rejects; the heartbeat has stopped then. */
  readonly onMissed: () => void;
}

/** Asks for a sign of life at intervals, from `start` until one is missed. */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  start(): void {
    this.stop();
    const { intervalMs, beat, onMissed } = this.#options;
    const timer = setInterval(() => {
      beat().catch(() => {
        if (this.#timer !== timer) return;
        this.stop();
        onMissed();
      });
    }, intervalMs);
    this.#timer = timer;
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
