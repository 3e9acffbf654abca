/** Holds what was relayed but not yet handed to the transport. */
export interface Flushable {
  flush(): void;
}

export interface CoalescerOptions {
  /** 0 flushes at once, always. */
  readonly windowMs: number;
  /** Held bytes at which the window ends early. */
  readonly maxBytes: number;
}

/**
 * Lets relayed messages leave in bursts. Nearly all of a delivery's cost is its system call, and uWS writes a socket's
 * pending messages in one call at the end of a loop turn: so the first message after a quiet spell goes out at once, and
 * those that follow within the window go together.
 */
export class Coalescer {
  readonly #options: CoalescerOptions;
  readonly #held = new Set<Flushable>();
  #heldBytes = 0;
  #flushedAt = -Infinity;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: CoalescerOptions) {
    this.#options = options;
  }

  /** `source` holds `bytes` more; it is flushed now or at the end of the window. */
  hold(source: Flushable, bytes: number): void {
    this.#held.add(source);
    this.#heldBytes += bytes;
    const remainingMs = this.#flushedAt + this.#options.windowMs - performance.now();
    if (remainingMs <= 0 || this.#heldBytes >= this.#options.maxBytes) this.flush();
    else
      this.#timer ??= setTimeout(() => {
        this.flush();
      }, remainingMs);
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#flushedAt = performance.now();
    this.#heldBytes = 0;
    const sources = [...this.#held];
    this.#held.clear();
    for (const source of sources) source.flush();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#held.clear();
  }
}
