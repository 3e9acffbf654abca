import { withDeadline } from './deadline.ts';

export interface TakeOptions {
  /** What is waited for, in words: for the failure's message. */
  readonly what: string;
  readonly deadlineMs: number;
}

interface Waiter<T> {
  readonly matches: (item: T) => boolean;
  readonly resolve: (item: T) => void;
  readonly reject: (reason: Error) => void;
}

const SHOWN_ITEMS = 20;

/**
 * Keeps what arrives until somebody takes it, so nothing is lost between two awaits. Taking removes the first item that
 * matches and leaves the others, in order.
 */
export class Inbox<T> {
  readonly #show: (item: T) => string;
  readonly #all: T[] = [];
  readonly #untaken: T[] = [];
  readonly #waiters = new Set<Waiter<T>>();
  #end: Error | undefined;

  constructor(show: (item: T) => string) {
    this.#show = show;
  }

  /** Everything that ever arrived, taken or not. */
  get all(): readonly T[] {
    return this.#all;
  }

  get untaken(): readonly T[] {
    return this.#untaken;
  }

  push(item: T): void {
    this.#all.push(item);
    for (const waiter of this.#waiters) {
      if (!waiter.matches(item)) continue;
      this.#waiters.delete(waiter);
      waiter.resolve(item);
      return;
    }
    this.#untaken.push(item);
  }

  /** Nothing comes any more: whoever waits, or asks for what is not there, gets this reason. */
  end(reason: Error): void {
    this.#end ??= reason;
    for (const waiter of this.#waiters) waiter.reject(this.#end);
    this.#waiters.clear();
  }

  /** @throws DeadlineError, or an error with the inbox's end as its cause; both say what had arrived. */
  async take(matches: (item: T) => boolean, { what, deadlineMs }: TakeOptions): Promise<T> {
    const index = this.#untaken.findIndex(matches);
    const [found] = index < 0 ? [] : this.#untaken.splice(index, 1);
    if (found !== undefined) return found;
    const describe = (): string => `no ${what}; ${this.#summary()}`;
    if (this.#end !== undefined) throw new Error(describe(), { cause: this.#end });
    let waiter: Waiter<T> | undefined;
    const arrived = new Promise<T>((resolve, reject) => {
      const fail = (cause: Error): void => {
        reject(new Error(describe(), { cause }));
      };
      waiter = { matches, resolve, reject: fail };
      this.#waiters.add(waiter);
    });
    try {
      return await withDeadline(arrived, { deadlineMs, describe });
    } finally {
      if (waiter !== undefined) this.#waiters.delete(waiter);
    }
  }

  #summary(): string {
    const shown = this.#all.slice(-SHOWN_ITEMS).map((item) => `\n  ${this.#show(item)}`);
    const earlier = this.#all.length - shown.length;
    const head = `${String(this.#all.length)} received${earlier > 0 ? `, the last ${String(shown.length)}:` : ''}`;
    const end = this.#end === undefined ? '' : `\n  then: ${this.#end.message}`;
    return `${head}${shown.join('')}${end}`;
  }
}
