import type { Redis } from 'ioredis';
import type { Outlet } from '../../outlet.ts';

/** Timers know no shorter wait, and a longer one was of no more use (decisions/0106). */
const LONGEST_MS = 1;

/** How long what a turn of the loop has for Redis waits for what the next ones have: for all connections of a node. */
export class GatherWindow implements Outlet {
  #windowMs: () => number = () => 0;

  gatherFor(windowMs: () => number): void {
    this.#windowMs = windowMs;
  }

  /** The next one's length: 0 for the end of this turn. */
  next(): number {
    return Math.min(this.#windowMs(), LONGEST_MS);
  }
}

/** Lets all commands of one turn of the loop, or of a window, leave in one call of the system, behind what the turn has read. */
export class Gathering {
  readonly #stream: () => Redis['stream'];
  readonly #window: Pick<GatherWindow, 'next'> | undefined;
  /** What holds commands back, if there are any. */
  #held: Redis['stream'] | undefined;
  /** What has been put together and is not yet sent. */
  #pending: (() => void)[] = [];

  /** @param stream of the connection that there is */
  constructor(stream: () => Redis['stream'], window?: Pick<GatherWindow, 'next'>) {
    this.#stream = stream;
    this.#window = window;
  }

  /** As a router promises it (router.ts). */
  beforeNext(send: () => void): void {
    this.#pending.push(send);
    this.hold();
  }

  sendPending(): void {
    if (this.#pending.length === 0) return;
    const pending = this.#pending;
    this.#pending = [];
    for (const send of pending) send();
  }

  /** A command is about to be written. */
  hold(): void {
    const stream = this.#stream();
    if (stream === this.#held) return;
    this.#held = stream;
    stream.cork();
    const send = (): void => {
      this.sendPending();
      if (this.#held === stream) this.#held = undefined;
      stream.uncork();
    };
    const windowMs = this.#window?.next() ?? 0;
    if (windowMs > 0) setTimeout(send, windowMs);
    else setImmediate(send);
  }
}
