export interface BackoffOptions {
  /** The longest first wait; each further one may be twice as long. */
  readonly baseMs?: number;
  /** No wait is longer. */
  readonly maxMs?: number;
  /** Uniform in [0, 1); `Math.random` unless a test wants to know. */
  readonly random?: (() => number) | undefined;
}

/** Where nothing else is said. */
const BASE_MS = 50;
const MAX_MS = 2000;

/** Full jitter: a wait is anything up to a bound that doubles, so that many who fail together do not try again together. */
export class Backoff {
  readonly #options: BackoffOptions;
  #attempts = 0;

  constructor(options: BackoffOptions = {}) {
    this.#options = options;
  }

  nextMs(): number {
    const { baseMs = BASE_MS, maxMs = MAX_MS, random = Math.random } = this.#options;
    const bound = Math.min(maxMs, baseMs * 2 ** this.#attempts);
    this.#attempts += 1;
    return random() * bound;
  }

  reset(): void {
    this.#attempts = 0;
  }
}
