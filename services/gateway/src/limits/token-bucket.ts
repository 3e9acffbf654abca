/** What a bucket says of one more frame: let it pass, refuse it, or give the sender up. */
export type Verdict = 'pass' | 'refuse' | 'giveUp';

export interface Rate {
  /** On average. 0 lets everything pass. */
  readonly perSecond: number;
  /** At once, after a quiet spell. */
  readonly burst: number;
}

/** Refusals after which a sender has been warned enough. */
const MAX_REFUSALS = 100;
/** One who is refused no more often than this is slow to heed, and no flood. */
const FORGIVEN_PER_SECOND = 1;
const MS_PER_SECOND = 1000;

/**
 * A token bucket. What costs more than is left passes as long as anything is left, and those behind it wait the longer: so no
 * burst need be as large as the largest frame.
 *
 * Refusals drain a second bucket. A sender that stays above the rate, be it by little, empties it and is given up; one that had
 * a burst too many does not.
 */
export class TokenBucket {
  readonly #rate: Rate;
  #tokens: number;
  #patience = MAX_REFUSALS;
  #filledAt: number;

  /** Times are milliseconds of any clock that never goes back. */
  constructor(rate: Rate, now: number) {
    this.#rate = rate;
    this.#tokens = rate.burst;
    this.#filledAt = now;
  }

  take(now: number, cost = 1): Verdict {
    if (this.#rate.perSecond === 0) return 'pass';
    this.#fill(now);
    if (this.#tokens >= 1) {
      this.#tokens -= cost;
      return 'pass';
    }
    if (this.#patience < 1) return 'giveUp';
    this.#patience -= 1;
    return 'refuse';
  }

  /** Takes what is over already, whether it is there or not. */
  spend(now: number, cost: number): void {
    this.#fill(now);
    this.#tokens -= cost;
  }

  /** Whether it is as good as new. */
  isFull(now: number): boolean {
    this.#fill(now);
    return this.#tokens === this.#rate.burst && this.#patience === MAX_REFUSALS;
  }

  #fill(now: number): void {
    const seconds = (now - this.#filledAt) / MS_PER_SECOND;
    this.#tokens = Math.min(this.#rate.burst, this.#tokens + seconds * this.#rate.perSecond);
    this.#patience = Math.min(MAX_REFUSALS, this.#patience + seconds * FORGIVEN_PER_SECOND);
    this.#filledAt = now;
  }
}
