/** A timer that rings so much too late has not been held up by a turn of the loop: the process stood still. */
const STOOD_STILL_MS = 25;
/** For what could not be sent, or had not been read by the other side, when the process came to stand still. */
const GRACE_MS = 100;

/**
 * A time limit on somebody's answer. It ends in a verdict only once what has arrived has been read.
 *
 * A process that was stopped, or busy, comes back to timers that are due and to sockets that are full, and Node runs the timers
 * first: an answer that was there in time would count for nothing. Immediates run behind the reading. And what the process had
 * still to send when it was stopped has not been asked yet, so behind a standstill there is a little time more.
 */
export class AnswerLimit {
  readonly #onExpired: () => void;
  #timer: NodeJS.Timeout;
  #immediate: NodeJS.Immediate | undefined;

  constructor(limitMs: number, onExpired: () => void) {
    this.#onExpired = onExpired;
    const dueAt = performance.now() + limitMs;
    this.#timer = setTimeout(() => {
      if (performance.now() - dueAt < STOOD_STILL_MS) this.#judge();
      else this.#timer = setTimeout(this.#judge.bind(this), GRACE_MS);
    }, limitMs);
  }

  /** There is an answer. */
  clear(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
  }

  #judge(): void {
    this.#immediate = setImmediate(this.#onExpired);
  }
}
