/**
 * Calls back when the event loop has read what has arrived, for a verdict on somebody who did not answer in time.
 *
 * A process that was stopped, or busy, comes back to timers that are due and to sockets that are full, and Node runs the timers
 * first: an answer that was there in time would count for nothing. Immediates run behind the reading.
 */
export function afterReading(verdict: () => void): NodeJS.Immediate {
  return setImmediate(verdict);
}

/** A time limit on somebody's answer. It ends in a verdict only once what has arrived has been read. */
export class AnswerLimit {
  readonly #timer: NodeJS.Timeout;
  #immediate: NodeJS.Immediate | undefined;

  constructor(limitMs: number, onExpired: () => void) {
    this.#timer = setTimeout(() => {
      this.#immediate = afterReading(onExpired);
    }, limitMs);
  }

  /** There is an answer. */
  clear(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
  }
}
