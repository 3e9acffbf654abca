import { type Rate, TokenBucket, type Verdict } from './token-bucket.ts';

/** One rate for many, each with a bucket of its own. A bucket that is full is as good as none, so those who are idle have none. */
export class Meter {
  readonly #rate: Rate;
  readonly #buckets = new Map<object, TokenBucket>();

  /** A burst is twice the rate, unless said otherwise. */
  constructor(perSecond: number, burst = perSecond * 2) {
    this.#rate = { perSecond, burst: perSecond === 0 ? 0 : burst };
  }

  get perSecond(): number {
    return this.#rate.perSecond;
  }

  /** At once, after a quiet spell; 0 where there is no limit. */
  get burst(): number {
    return this.#rate.burst;
  }

  /** Those whose bucket is not full, as far as the last sweep knows. */
  get size(): number {
    return this.#buckets.size;
  }

  /** Of a sender that is told from others by what it is, not by a name. `now` as in `TokenBucket`. */
  take(sender: object, now: number, cost = 1): Verdict {
    return this.#rate.perSecond === 0 ? 'pass' : this.#bucketOf(sender, now).take(now, cost);
  }

  /** Counts what cannot be refused any more: what comes next waits the longer. */
  spend(sender: object, now: number, cost: number): void {
    if (this.#rate.perSecond !== 0) this.#bucketOf(sender, now).spend(now, cost);
  }

  /** Lets go of the buckets that are full. */
  sweep(now: number): void {
    for (const [sender, bucket] of this.#buckets) if (bucket.isFull(now)) this.#buckets.delete(sender);
  }

  #bucketOf(sender: object, now: number): TokenBucket {
    let bucket = this.#buckets.get(sender);
    if (bucket === undefined) this.#buckets.set(sender, (bucket = new TokenBucket(this.#rate, now)));
    return bucket;
  }
}
