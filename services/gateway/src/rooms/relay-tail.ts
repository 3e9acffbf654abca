import type { RoomMessage } from '@outcry/broker';

/** Messages that one join may have to wait through. Past it the join is refused as unavailable and may be repeated. */
const MAX_TAIL_MESSAGES = 10_000;

/**
 * What a room has relayed since the first of the joins in progress began. A joining member's history ends somewhere in it,
 * so history and tail together have no hole. Nothing is kept while nobody joins.
 */
export class RelayTail {
  #messages: RoomMessage[] = [];
  #readers = 0;
  #breaks = 0;
  #isCut = false;
  #waiters: { readonly seq: number; readonly resolve: () => void }[] = [];

  /** Goes up when continuity breaks: what was read of history before is worth nothing afterwards. */
  get breaks(): number {
    return this.#breaks;
  }

  /** More was relayed than is kept: it cannot be caught up with from here. */
  get isCut(): boolean {
    return this.#isCut;
  }

  /** Starts keeping messages; every `open` needs its `close`. */
  open(): void {
    this.#readers += 1;
  }

  close(): void {
    this.#readers -= 1;
    if (this.#readers === 0) this.#clear();
  }

  add(message: RoomMessage): void {
    if (this.#readers === 0) return;
    this.#wake(message.position.seq);
    if (this.#messages.length >= MAX_TAIL_MESSAGES) {
      this.#isCut = true;
      return;
    }
    this.#messages.push(message);
  }

  break(): void {
    this.#breaks += 1;
    this.#messages = [];
  }

  /** What was relayed with a greater `seq`, in order. */
  after(seq: number): readonly RoomMessage[] {
    return this.#messages.filter((message) => message.position.seq > seq);
  }

  /** Resolves when `seq` has been relayed, or when the time limit is over: the caller looks which. */
  whenRelayed(seq: number, timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#waiters.push({
        seq,
        resolve: () => {
          clearTimeout(timer);
          resolve();
        },
      });
    });
  }

  #wake(seq: number): void {
    const reached = this.#waiters.filter((waiter) => waiter.seq <= seq);
    this.#waiters = this.#waiters.filter((waiter) => waiter.seq > seq);
    for (const { resolve } of reached) resolve();
  }

  #clear(): void {
    this.#waiters = [];
    this.#messages = [];
    this.#isCut = false;
  }
}
