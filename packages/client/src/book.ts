import type { Level } from '@outcry/order-book';
import { formatScaled } from '@outcry/protocol';

import { Broadcast } from './primitives/broadcast.ts';
import { callSafely } from './primitives/call-safely.ts';
import type { BookNews, RepairReason } from './core/book-news.ts';
import { type BookClass, type BookStamp, BookState } from './core/book-state.ts';
import { Deferred } from './primitives/deferred.ts';
import type { Driver } from './connection/driver.ts';
import { OutcryError } from './primitives/errors.ts';

/** Which class of a book is watched, and how. */
export interface BookOptions {
  /** Levels a side: 1, 10, 25, 50 or 100; 0 is the whole book. Default 10. */
  readonly depth?: number | undefined;
  /** Milliseconds between updates: 100, 250, 1000 or 2000; 0 is every frame of the base feed. Default 100. */
  readonly interval?: number | undefined;
  /** Whether every frame is checked against the CRC-32 that Kraken uses, too. Default false: continuity is always checked. */
  readonly checksum?: boolean | undefined;
  /** Every change, in order, right after it was applied. */
  readonly onChange?: ((change: BookChange) => void) | undefined;
}

/** What has happened to a book. The book shows it already. */
export type BookChange =
  /** The book begins anew: forget what was shown. */
  | { readonly type: 'snapshot' }
  /** Levels with absolute sizes; 0 where one is gone. */
  | { readonly type: 'delta'; readonly bids: readonly Level[]; readonly asks: readonly Level[] }
  /** What the book shows may be old, until `fresh` or a snapshot. */
  | { readonly type: 'stale' | 'fresh' }
  /** A check has failed: the book is stale, and a snapshot has been asked for. */
  | { readonly type: 'repair'; readonly reason: RepairReason };

/**
 * - `loading`: nothing to show yet
 * - `live`: right, by every check there is
 * - `stale`: right once, and perhaps old
 * - `failed`: the gateway has refused
 * - `closed`
 */
export type BookStatus = 'loading' | 'live' | 'stale' | 'failed' | 'closed';

export interface BookParts {
  readonly driver: Driver;
  readonly bookClass: BookClass;
  readonly options: BookOptions;
  readonly onClosed: () => void;
}

/** A level as decimals, exact, with as many places as the book's scales say. */
export interface DecimalLevel {
  readonly price: string;
  readonly size: string;
}

/** One class of one symbol's book, kept right across connections. Iterate over it for its changes. */
export class Book implements AsyncIterable<BookChange> {
  readonly #parts: BookParts;
  readonly #state: BookState;
  readonly #changes: Broadcast<BookChange>;
  readonly #ready = new Deferred<void>();
  #status: BookStatus = 'loading';

  /** Books are made by `client.book`. */
  constructor(parts: BookParts) {
    const { driver, bookClass, options } = parts;
    this.#parts = parts;
    this.#changes = new Broadcast<BookChange>({
      maxItems: driver.settings.maxBufferedEvents,
      conflate: () => ({ type: 'snapshot' }),
    });
    this.#state = new BookState({
      bookClass,
      hasChecksum: options.checksum ?? false,
      emit: driver.machine.emit,
      random: () => driver.environment.random(),
      listener: (news) => {
        this.#hear(news);
      },
    });
    driver.step((machine, now) => {
      machine.openBook(this.#state, now);
    });
  }

  get symbol(): string {
    return this.#parts.bookClass.symbol;
  }

  get depth(): number {
    return this.#parts.bookClass.depth;
  }

  get interval(): number {
    return this.#parts.bookClass.interval;
  }

  get status(): BookStatus {
    return this.#status;
  }

  /** Of the latest frame: its place, its times, and the scales, which a snapshot can change. */
  get stamp(): BookStamp | undefined {
    return this.#state.stamp;
  }

  /**
   * Milliseconds since what the book shows was right, by this machine's clock alone: up to a second, or an interval, while it
   * is live, and growing while it is stale. Undefined before the first snapshot.
   */
  get ageMs(): number | undefined {
    return this.#state.ageMs(this.#parts.driver.environment.now());
  }

  /** Resolves with the first snapshot; rejects where the gateway refuses, or the book is closed before. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** `[price, size]` in integers of 10^-scale, high to low. */
  get bids(): readonly Level[] {
    return this.#state.levels.bids();
  }

  /** `[price, size]` in integers of 10^-scale, low to high. */
  get asks(): readonly Level[] {
    return this.#state.levels.asks();
  }

  /** Prints a level of this book as decimals. */
  toDecimal([price, size]: Level): DecimalLevel {
    const { priceScale = 0, sizeScale = 0 } = this.#state.stamp ?? {};
    return { price: formatScaled(price, priceScale), size: formatScaled(size, sizeScale) };
  }

  /** Changes from here on. A reader that falls behind is given a `snapshot` in place of what it has missed. */
  [Symbol.asyncIterator](): AsyncIterableIterator<BookChange> {
    return this.#changes.read();
  }

  /** Stops watching. Iterations end. */
  close(): void {
    this.#parts.driver.step((machine, now) => {
      machine.closeBook(this.#state, now);
    });
  }

  /** The client is closed. */
  end(error: OutcryError | undefined): void {
    if (this.#status === 'closed') return;
    this.#finish(
      error === undefined ? 'closed' : 'failed',
      error ?? new OutcryError('closed', 'the client was closed'),
    );
    this.#changes.end(error);
  }

  #hear(news: BookNews): void {
    switch (news.type) {
      case 'failed':
        this.#finish('failed', news.error);
        this.#changes.end(news.error);
        this.#parts.onClosed();
        return;
      case 'closed':
        this.#finish('closed', new OutcryError('left', 'the book was closed'));
        this.#changes.end();
        this.#parts.onClosed();
        return;
      case 'snapshot':
      case 'fresh':
        this.#status = 'live';
        this.#ready.resolve();
        break;
      case 'stale':
        this.#status = 'stale';
        break;
      case 'delta':
      case 'repair':
        break;
    }
    this.#changes.push(news);
    callSafely(() => {
      this.#parts.options.onChange?.(news);
    });
  }

  #finish(status: BookStatus, error: OutcryError): void {
    this.#status = status;
    this.#ready.reject(error);
  }
}
