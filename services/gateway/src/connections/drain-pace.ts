/** Who could not be asked for a while is not asked all at once afterwards: longer pauses count as one of this length. */
const MAX_PAUSE_MS = 25;
/** However few clients there are, so many a second are asked: ten of them need not take as long as ten thousand. */
const LEAST_PER_SECOND = 50;

export interface DrainPaceOptions {
  /** Over which clients are asked to go where nothing speaks for faster or slower. */
  readonly spreadMs: number;
  /** How many there are, as it begins. */
  readonly total: number;
  readonly now: number;
  /** When the last should have been asked, whatever the others can take. */
  readonly until: number;
}

/**
 * How many clients may be asked to go by when: evenly over the spread, no faster than the other gateways can take them, and as fast
 * as it takes for the last to be asked in time.
 */
export class DrainPace {
  readonly #wantedPerSecond: number;
  readonly #until: number;
  /** Those who have not been asked yet; some of them may have gone by themselves. */
  #unasked: number;
  #at: number;
  /** The first is asked at once. */
  #due = 1;

  constructor({ spreadMs, total, now, until }: DrainPaceOptions) {
    this.#wantedPerSecond = Math.max(LEAST_PER_SECOND, (total * 1000) / Math.max(1, spreadMs));
    this.#until = until;
    this.#unasked = total;
    this.#at = now;
  }

  /**
   * How many are to be asked now. Those that are not are due another time.
   *
   * @param othersTake Clients a second that the other gateways can take
   */
  due(now: number, othersTake: number): number {
    const leftMs = this.#until - now;
    if (leftMs <= 0) return Infinity;
    const neededPerSecond = (this.#unasked * 1000) / leftMs;
    const perSecond = Math.max(neededPerSecond, Math.min(this.#wantedPerSecond, othersTake));
    this.#due += (perSecond * Math.min(MAX_PAUSE_MS, now - this.#at)) / 1000;
    this.#at = now;
    return Math.floor(this.#due);
  }

  asked(count: number): void {
    this.#due -= count;
    this.#unasked = Math.max(0, this.#unasked - count);
  }
}
