import { TraceSource } from './observability/trace-metrics.ts';

const MS_PER_SECOND = 1000;
/** One sender has no more than this part of what all of its kind may have. */
const SHARES = 4;

/**
 * How many messages are traced in a second: so many of each source, because a flood of one is not to cost the others theirs, and a
 * quarter of that of one sender. What is over is published as if nobody traced it.
 */
export class TraceBudget {
  readonly #perSecond: number;
  readonly #sources: ReadonlyMap<TraceSource, Allowance>;
  /** Those that have ever sent one: they go with the sender. */
  readonly #senders = new WeakMap<object, Allowance>();

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
    this.#sources = new Map(Object.values(TraceSource).map((source) => [source, new Allowance(perSecond)]));
  }

  /** Whether one more may be traced. `now` is of any clock that never goes back. */
  take(source: TraceSource, now: number, sender?: object): boolean {
    if (sender !== undefined && !this.#allowanceOf(sender).take(now)) return false;
    return this.#sources.get(source)?.take(now) ?? false;
  }

  #allowanceOf(sender: object): Allowance {
    const known = this.#senders.get(sender);
    if (known !== undefined) return known;
    const allowance = new Allowance(Math.max(1, this.#perSecond / SHARES));
    this.#senders.set(sender, allowance);
    return allowance;
  }
}

/** So many in a second, and as many at once. */
class Allowance {
  readonly #perSecond: number;
  #left: number;
  #filledAt: number | undefined;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
    this.#left = perSecond;
  }

  take(now: number): boolean {
    const seconds = (now - (this.#filledAt ?? now)) / MS_PER_SECOND;
    this.#left = Math.min(this.#perSecond, this.#left + seconds * this.#perSecond);
    this.#filledAt = now;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
