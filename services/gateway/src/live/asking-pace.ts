import type { Rate } from '../limits/token-bucket.ts';

const MS_PER_SECOND = 1000;

/** When the next one may be: some at once, and then one after the other. Nobody is refused. Times are of one monotonic clock. */
export class AskingPace {
  readonly #intervalMs: number;
  readonly #aheadMs: number;
  #usedUntil = -Infinity;

  constructor({ perSecond, burst }: Rate) {
    this.#intervalMs = MS_PER_SECOND / perSecond;
    this.#aheadMs = (burst - 1) * this.#intervalMs;
  }

  get freeAt(): number {
    return this.#usedUntil - this.#aheadMs;
  }

  take(now: number): void {
    this.#usedUntil = Math.max(now, this.#usedUntil) + this.#intervalMs;
  }
}
