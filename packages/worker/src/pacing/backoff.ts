/** The longest wait before the first further attempt; each one after may be twice as long. */
const BASE_MS = 50;
/** No wait is longer, where nothing else is said. */
const MAX_MS = 2000;

/** Full jitter: a wait is anything up to a bound that doubles, so that many who fail together do not try again together. */
export class Backoff {
  readonly #random: () => number;
  readonly #maxMs: number;
  #attempts = 0;

  constructor(random: () => number = Math.random, maxMs: number = MAX_MS) {
    this.#random = random;
    this.#maxMs = maxMs;
  }

  nextMs(): number {
    const bound = Math.min(this.#maxMs, BASE_MS * 2 ** this.#attempts);
    this.#attempts += 1;
    return this.#random() * bound;
  }

  reset(): void {
    this.#attempts = 0;
  }
}
