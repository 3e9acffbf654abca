import { OutcryError } from './errors.ts';

interface Waiter<T> {
  readonly resolve: (result: IteratorResult<T, undefined>) => void;
  readonly reject: (error: OutcryError) => void;
}

export interface StreamOptions<T> {
  readonly maxItems: number;
  /** What takes the place of everything that waits once there is no room; without it the stream fails as `overflow`. */
  readonly conflate?: (latest: T) => T;
  /** Called once, when the reader goes or the stream ends. */
  readonly onEnd: () => void;
}

/** Items on their way to one `for await`. What waits is bounded: a reader that falls behind is told, or gets less of it. */
export class Stream<T> implements AsyncIterableIterator<T, undefined> {
  readonly #options: StreamOptions<T>;
  #items: T[] = [];
  #waiters: Waiter<T>[] = [];
  #isEnded = false;
  #error: OutcryError | undefined;

  constructor(options: StreamOptions<T>) {
    this.#options = options;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  push(item: T): void {
    if (this.#isEnded) return;
    const waiter = this.#waiters.shift();
    if (waiter !== undefined) {
      waiter.resolve({ value: item, done: false });
    } else if (this.#items.length < this.#options.maxItems) {
      this.#items.push(item);
    } else if (this.#options.conflate === undefined) {
      this.end(new OutcryError('overflow', `${String(this.#options.maxItems)} events waited to be read`));
    } else {
      this.#items = [this.#options.conflate(item)];
    }
  }

  /** What waits is still read; then the iteration ends, or fails with the error. */
  end(error?: OutcryError): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#error = error;
    this.#options.onEnd();
    for (const { resolve, reject } of this.#waiters.splice(0)) {
      const failure = this.#takeError();
      if (failure === undefined) resolve({ value: undefined, done: true });
      else reject(failure);
    }
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const item = this.#items.shift();
    if (item !== undefined) return Promise.resolve({ value: item, done: false });
    const error = this.#takeError();
    if (error !== undefined) return Promise.reject(error);
    if (this.#isEnded) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
    });
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.#items = [];
    this.#error = undefined;
    this.end();
    return Promise.resolve({ value: undefined, done: true });
  }

  /** It is told once; after it, the iteration has ended. */
  #takeError(): OutcryError | undefined {
    const error = this.#error;
    this.#error = undefined;
    return error;
  }
}
