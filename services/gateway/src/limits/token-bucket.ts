/** What a bucket says of one more frame: let it pass, refuse it, or give the sender up. */
export type Verdict = 'pass' | 'refuse' | 'giveUp';

/** Refusals in a row after which a sender has been warned enough. */
const MAX_REFUSALS_IN_A_ROW = 100;

/**
 * A token bucket: `perSecond` on average, and bursts, unless said otherwise of twice as many. A rate of 0 lets everything pass.
 * What costs more than is left passes as long as anything is left, and those behind it wait the longer: so no burst need be
 * as large as the largest frame.
 */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #filledAt: number;
  #refusals = 0;

  constructor(perSecond: number, now: number, burst = perSecond * 2) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#tokens = burst;
    this.#filledAt = now;
  }

  /** `now` in milliseconds of any clock that never goes back. */
  take(now: number, cost = 1): Verdict {
    if (this.#perSecond === 0) return 'pass';
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#filledAt) / 1000) * this.#perSecond);
    this.#filledAt = now;
    if (this.#tokens >= 1) {
      this.#tokens -= cost;
      this.#refusals = 0;
      return 'pass';
    }
    this.#refusals += 1;
    return this.#refusals > MAX_REFUSALS_IN_A_ROW ? 'giveUp' : 'refuse';
  }
}
