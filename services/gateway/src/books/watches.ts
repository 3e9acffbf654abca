import { RequestError } from '@outcry/protocol';

import type { Book } from './book.ts';
import type { ClassChoice } from './book-choices.ts';
import type { BookClass, Watcher } from './book-class.ts';
import type { BookDirectory } from './book-directory.ts';
import type { Follower } from '../fanout/audience.ts';
import type { Backlog } from '../connections/backlog.ts';
import type { ConflatableStreams } from '../connections/conflatable-streams.ts';
import type { Departure } from '../fanout/conflated-audience.ts';

interface Watch {
  readonly symbol: string;
  readonly watcher: Watcher;
  /** Present once the book is there: it is to be released then. */
  bookClass: BookClass | undefined;
  /** Delivery has begun. */
  hasBegun: boolean;
}

/** Whose watches they are. */
export interface WatchOwner extends Follower {
  readonly backlog: Backlog;
}

export interface WatchesOptions {
  readonly books: BookDirectory;
  readonly maxWatches: number;
}

/** The book classes that one session watches. */
export class Watches implements ConflatableStreams {
  readonly #owner: WatchOwner;
  readonly #books: BookDirectory;
  readonly #maxWatches: number;
  readonly #current = new Map<string, Watch>();
  /** Those that need a snapshot before anything else, the longest waiting first. */
  readonly #heldBack = new Set<Watch>();

  constructor(owner: WatchOwner, { books, maxWatches }: WatchesOptions) {
    this.#owner = owner;
    this.#books = books;
    this.#maxWatches = maxWatches;
  }

  get count(): number {
    return this.#current.size;
  }

  /** Some of them: symbol, depth and interval. */
  first(count: number): string[] {
    const first: string[] = [];
    for (const key of this.#current.keys()) {
      if (first.length === count) break;
      first.push(key);
    }
    return first;
  }

  get isBehind(): boolean {
    return this.isHoldingBack;
  }

  get isHoldingBack(): boolean {
    return this.#heldBack.size > 0;
  }

  holdBack(): void {
    for (const watch of this.#current.values()) {
      if (!watch.hasBegun || this.#heldBack.has(watch)) continue;
      watch.bookClass?.holdBack(watch.watcher);
      this.#heldBack.add(watch);
    }
  }

  catchUpOne(): void {
    const [watch] = this.#heldBack;
    if (watch === undefined) return;
    this.#heldBack.delete(watch);
    this.#owner.socket.cork(() => {
      watch.bookClass?.resume(watch.watcher);
    });
  }

  /**
   * Opens the book; what is returned begins delivery with a snapshot, as soon as there is room for one, or does nothing where
   * the watch has been given up meanwhile. It can be removed from the call on. Watching a class again begins it anew.
   *
   * @throws RequestError `unknownSymbol`, `limitReached`
   */
  async prepare(symbol: string, choice: ClassChoice, wantsChecksum: boolean): Promise<() => void> {
    this.remove(symbol, choice);
    const key = keyOf(symbol, choice);
    const { socket, encoding } = this.#owner;
    const watcher = { socket, encoding, wantsChecksum };
    const watch: Watch = { symbol, watcher, bookClass: undefined, hasBegun: false };
    this.#current.set(key, watch);
    const book = await this.#open(key, watch);
    if (this.#current.get(key) !== watch) {
      this.#books.release(symbol);
      return () => undefined;
    }
    watch.bookClass = book.classOf(choice);
    this.#checkLimit(key);
    return () => {
      if (this.#current.get(key) === watch) this.#begin(watch);
    };
  }

  /** Whether the class was watched, or about to be. */
  remove(symbol: string, choice: ClassChoice): boolean {
    return this.#drop(keyOf(symbol, choice), 'left');
  }

  /** The connection has ended. */
  removeAll(): void {
    for (const key of [...this.#current.keys()]) this.#drop(key, 'lost');
  }

  async #open(key: string, watch: Watch): Promise<Book> {
    try {
      return await this.#books.open(watch.symbol);
    } catch (err) {
      if (this.#current.get(key) === watch) this.#current.delete(key);
      throw err;
    }
  }

  /** Only books that exist count, so that wrong names in a list take nothing away from the right ones. */
  #checkLimit(key: string): void {
    const open = [...this.#current.values()].filter(({ bookClass }) => bookClass !== undefined).length;
    if (open <= this.#maxWatches) return;
    this.#drop(key, 'left');
    throw new RequestError('limitReached', `a session watches at most ${String(this.#maxWatches)} books`);
  }

  #begin(watch: Watch): void {
    const { socket, backlog } = this.#owner;
    const { bookClass, watcher } = watch;
    watch.hasBegun = true;
    if (!backlog.hasRoom) {
      bookClass?.addHeldBack(watcher);
      this.#heldBack.add(watch);
      return;
    }
    backlog.allow(() => {
      socket.cork(() => {
        bookClass?.add(watcher);
      });
    });
  }

  #drop(key: string, departure: Departure): boolean {
    const watch = this.#current.get(key);
    if (watch === undefined) return false;
    this.#current.delete(key);
    this.#heldBack.delete(watch);
    if (watch.hasBegun) watch.bookClass?.remove(watch.watcher, departure);
    if (watch.bookClass !== undefined) this.#books.release(watch.symbol);
    return true;
  }
}

function keyOf(symbol: string, { depth, interval }: ClassChoice): string {
  return `${symbol}/${String(depth)}/${String(interval)}`;
}
