/** A timer that rings so much too late has not been held up by a turn of the loop: the process stood still. */
const STOOD_STILL_MS = 25;
/** For what could not be sent, or had not been read by the other side, when the process came to stand still. */
const GRACE_MS = 100;
/** So often it is looked at how late this loop is. */
const SLICE_MS = 100;

/**
 * A time limit on somebody's answer. It ends in a verdict only once what has arrived has been read.
 *
 * A process that was stopped, or busy, comes back to timers that are due and to sockets that are full, and Node runs the timers
 * first: an answer that was there in time would count for nothing. Immediates run behind the reading. And what the process had
 * still to send when it was stopped has not been asked yet, so behind a standstill there is a little time more.
 *
 * A loop that has more to do than it can is late in each turn, and so is all that it reads. The time by which it is late is not the other's,
 * so it does not count, up to as much again as the limit: what nobody answers is known in twice the time however late this loop is.
 */
export class AnswerLimit {
  readonly #onExpired: () => void;
  #leftMs: number;
  #forgivableMs: number;
  #timer: NodeJS.Timeout;
  #immediate: NodeJS.Immediate | undefined;

  constructor(limitMs: number, onExpired: () => void) {
    this.#onExpired = onExpired;
    this.#leftMs = limitMs;
    this.#forgivableMs = limitMs;
    this.#timer = this.#wait();
  }

  /** There is an answer. */
  clear(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
  }

  #wait(): NodeJS.Timeout {
    const sliceMs = Math.min(this.#leftMs, SLICE_MS);
    const dueAt = performance.now() + sliceMs;
    return setTimeout(() => {
      this.#endSlice(sliceMs, performance.now() - dueAt);
    }, sliceMs);
  }

  #endSlice(sliceMs: number, lateMs: number): void {
    const forgivenMs = Math.min(this.#forgivableMs, Math.max(0, lateMs - STOOD_STILL_MS));
    this.#forgivableMs -= forgivenMs;
    this.#leftMs -= sliceMs + Math.max(0, lateMs - forgivenMs);
    if (this.#leftMs > 0) this.#timer = this.#wait();
    else if (lateMs < STOOD_STILL_MS) this.#judge();
    else this.#timer = setTimeout(this.#judge.bind(this), GRACE_MS);
  }

  #judge(): void {
    this.#immediate = setImmediate(this.#onExpired);
  }
}
