import { AccountError } from './account-error.ts';

/** Each takes 32 MiB and one of Node's four threads, which files and names need, too. */
const MAX_RUNNING = 2;
/** Further ones are refused: they would only be answered when nobody waits any more. */
const MAX_WAITING = 30;
/** What waits for longer is refused, too: on a machine with nothing to spare the queue must not become everybody's wait. */
const MAX_WAIT_MS = 5000;

/** Lets a few passwords be hashed at a time, and a few wait, for a while. */
export class HashQueue {
  #running = 0;
  /** In the order in which they came. */
  readonly #waiting = new Set<() => void>();

  /** @throws AccountError `unavailable` where too many wait, or it would wait for too long */
  async run<T>(hash: () => Promise<T>): Promise<T> {
    if (this.#running < MAX_RUNNING) this.#running += 1;
    else await this.#wait();
    try {
      return await hash();
    } finally {
      this.#handOn();
    }
  }

  #wait(): Promise<void> {
    if (this.#waiting.size >= MAX_WAITING) throw tooMany();
    return new Promise((resolve, reject) => {
      const begin = (): void => {
        clearTimeout(deadline);
        resolve();
      };
      const deadline = setTimeout(() => {
        this.#waiting.delete(begin);
        reject(tooMany());
      }, MAX_WAIT_MS);
      this.#waiting.add(begin);
    });
  }

  /** Whoever ends hands its place on, so the number that run stays what it is. */
  #handOn(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#running -= 1;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}

function tooMany(): AccountError {
  return new AccountError('unavailable', 'too many at once; try again');
}
