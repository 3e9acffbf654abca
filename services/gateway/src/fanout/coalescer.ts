import type { Intake } from '@outcry/broker';

/** Holds what was relayed but not yet handed to the transport. */
export interface Flushable {
  flush(): void;
}

export interface CoalescerOptions {
  /** 0 flushes at once, always. */
  readonly windowMs: number;
  /** Held bytes at which the window ends early. */
  readonly maxBytes: number;
  /** Held while a window is open, where there is one: messages that go together may as well come together. */
  readonly intake?: Intake | undefined;
}

/**
 * Lets relayed messages leave in bursts. Nearly all of a delivery's cost is its system call, and uWS writes a socket's
 * pending messages in one call at the end of a loop turn: so the first message after a quiet spell goes out at once, and
 * those that follow within the window go together.
 *
 * What comes in the same turn as a burst joins it. A window begins when the burst before it has been written. Writing to 1,000 sockets takes as long as the default window
 * (measured: 4.8 ms), so that one which began before would be over by then, and every message a burst of its own.
 */
export class Coalescer {
  readonly #options: CoalescerOptions;
  readonly #held = new Set<Flushable>();
  #heldBytes = 0;
  /** Present from a burst to the end of the window behind it: the burst can be joined, or is being written, or the window is open. */
  #burst: NodeJS.Immediate | undefined;
  #writing: NodeJS.Immediate | undefined;
  #window: NodeJS.Timeout | undefined;

  constructor(options: CoalescerOptions) {
    this.#options = options;
  }

  /** `source` holds `bytes` more; it is flushed now or at the end of the window. */
  hold(source: Flushable, bytes: number): void {
    if (this.#burst !== undefined) {
      source.flush();
      return;
    }
    this.#held.add(source);
    this.#heldBytes += bytes;
    const isQuiet = this.#writing === undefined && this.#window === undefined;
    if (isQuiet || this.#heldBytes >= this.#options.maxBytes) this.flush();
  }

  flush(): void {
    this.#stopWaiting();
    this.#heldBytes = 0;
    const sources = [...this.#held];
    this.#held.clear();
    for (const source of sources) source.flush();
    if (this.#options.windowMs > 0) this.#waitForWriting();
  }

  close(): void {
    this.#stopWaiting();
    this.#held.clear();
  }

  /** uWS writes in the same phase of the loop as immediates run, but behind them: it has written when the next turn's run. */
  #waitForWriting(): void {
    this.#burst = setImmediate(() => {
      this.#burst = undefined;
      this.#writing = setImmediate(() => {
        this.#writing = undefined;
        this.#openWindow();
      });
    });
  }

  #openWindow(): void {
    this.#options.intake?.hold();
    this.#window = setTimeout(() => {
      this.#window = undefined;
      this.#options.intake?.release();
      if (this.#held.size > 0) this.flush();
    }, this.#options.windowMs);
  }

  #stopWaiting(): void {
    if (this.#window !== undefined) this.#options.intake?.release();
    clearImmediate(this.#burst);
    clearImmediate(this.#writing);
    clearTimeout(this.#window);
    this.#burst = undefined;
    this.#writing = undefined;
    this.#window = undefined;
  }
}
