import { AccountError } from './account-error.ts';

/** Each takes 32 MiB and one of Node's four threads, which files and names need, too. */
const MAX_RUNNING = 2;
/** Further ones are refused: they would only be answered when nobody waits any more. */
const MAX_WAITING = 30;

/** Lets a few passwords be hashed at a time, and a few wait. */
export class HashQueue {
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  /** @throws AccountError `unavailable` where too many wait */
  async run<T>(hash: () => Promise<T>): Promise<T> {
    if (this.#running < MAX_RUNNING) {
      this.#running += 1;
    } else {
      if (this.#waiting.length >= MAX_WAITING) throw new AccountError('unavailable', 'too many at once; try again');
      // Whoever ends hands its place on, so the number that run stays what it is.
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    try {
      return await hash();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}
