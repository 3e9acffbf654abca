import type { Intake } from '@outcry/broker';

/** Holds what was relayed but not yet handed to the transport. */
export interface Flushable {
  flush(): void;
}

export interface CoalescerOptions {
  /** How long the next window lasts: 0 flushes at once. */
  readonly windowMs: () => number;
  /** Held bytes at which the window ends early. */
  readonly maxBytes: number;
  /** Held while a window is open, where there is one: messages that go together may as well come together. */
  readonly intake?: Intake | undefined;
}

/**
 * - `ready`: the next message goes out at once, unless it falls into the window behind the burst before it.
 * - `bursting`: one just went, and what comes in the same turn of the loop joins it.
 * - `writing`: the transport writes the burst.
 * - `waiting`: a message came within the window, and waits for its end.
 * - `gathering`: it is over, and what came while the intake was held is read.
 */
type Phase = 'ready' | 'bursting' | 'writing' | 'waiting' | 'gathering';

/**
 * Lets relayed messages leave in bursts. Nearly all of a delivery's cost is its system call, and uWS writes a socket's
 * pending messages in one call: so the first message after a quiet spell goes out at once, and those that follow within the
 * window go together.
 *
 * Where the loop has room, there is no window, and each message goes out as it comes (`BusyWindow`).
 *
 * A window begins when the burst before it has been written. Writing to 1,000 sockets takes as long as the default window
 * (measured: 4.8 ms), so that one which began before would be over by then, and every message a burst of its own.
 *
 * uWS writes twice in a turn: before the loop polls, and behind the immediates that follow. So a window ends in an immediate,
 * when everything that could be read has been read, and a burst is one write for each socket.
 */
export class Coalescer {
  readonly #options: CoalescerOptions;
  readonly #held = new Set<Flushable>();
  #heldBytes = 0;
  #phase: Phase = 'ready';
  /** Of the monotonic clock. */
  #windowEndsAt = -Infinity;
  #next: NodeJS.Immediate | undefined;
  #wait: NodeJS.Timeout | undefined;

  constructor(options: CoalescerOptions) {
    this.#options = options;
  }

  /** `source` holds `bytes` more; it is flushed now or at the end of the window. */
  hold(source: Flushable, bytes: number): void {
    if (this.#phase === 'bursting') {
      source.flush();
      return;
    }
    this.#held.add(source);
    this.#heldBytes += bytes;
    if (this.#heldBytes >= this.#options.maxBytes) this.flush();
    else if (this.#phase === 'ready') this.#flushOrWait();
  }

  flush(): void {
    this.#stopWaiting();
    this.#release();
    if (this.#options.windowMs() === 0) return;
    this.#phase = 'bursting';
    // Behind it, in the same turn, the burst is written.
    this.#next = setImmediate(() => {
      this.#awaitWriting();
    });
  }

  close(): void {
    this.#stopWaiting();
    this.#held.clear();
  }

  #flushOrWait(remainingMs = this.#windowEndsAt - performance.now()): void {
    if (remainingMs > 0) this.#waitFor(Math.ceil(remainingMs));
    else this.flush();
  }

  /** Called in an immediate; uWS has written when those of the next turn run. */
  #awaitWriting(): void {
    this.#phase = 'writing';
    this.#next = setImmediate(() => {
      this.#phase = 'ready';
      const windowMs = this.#options.windowMs();
      this.#windowEndsAt = performance.now() + windowMs;
      if (this.#held.size > 0) this.#flushOrWait(windowMs);
    });
  }

  #waitFor(ms: number): void {
    this.#phase = 'waiting';
    this.#options.intake?.hold();
    this.#wait = setTimeout(() => {
      this.#options.intake?.release();
      this.#phase = 'gathering';
      this.#next = setImmediate(() => {
        this.#release();
        this.#awaitWriting();
      });
    }, ms);
  }

  #release(): void {
    this.#heldBytes = 0;
    const sources = [...this.#held];
    this.#held.clear();
    for (const source of sources) source.flush();
  }

  #stopWaiting(): void {
    if (this.#phase === 'waiting') this.#options.intake?.release();
    clearImmediate(this.#next);
    clearTimeout(this.#wait);
    this.#phase = 'ready';
  }
}
