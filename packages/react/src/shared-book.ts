import {
  type Book,
  type BookStamp,
  type BookStatus,
  type Client,
  type DecimalLevel,
  type Level,
  type OutcryError,
} from '@outcry/client';

import { type ClientSource, Shared, toOutcryError } from './shared.ts';

/** A book as a component shows it. */
export interface BookView {
  readonly status: BookStatus;
  /** Why the status is `failed`. */
  readonly error: OutcryError | undefined;
  /** `[price, size]` in integers of 10^-scale, high to low. */
  readonly bids: readonly Level[];
  /** `[price, size]` in integers of 10^-scale, low to high. */
  readonly asks: readonly Level[];
  /** Of the latest frame; undefined before the first snapshot. */
  readonly stamp: BookStamp | undefined;
  /** Prints a level of this book as decimals, exact. */
  readonly toDecimal: (level: Level) => DecimalLevel;
}

export const NO_BOOK: BookView = {
  status: 'loading',
  error: undefined,
  bids: [],
  asks: [],
  stamp: undefined,
  toDecimal: ([price, size]) => ({ price: String(price), size: String(size) }),
};

/** For a component that watches none. */
export const NO_BOOK_WANTED: BookView = { ...NO_BOOK, status: 'closed' };

export interface SharedBookParts {
  readonly session: ClientSource;
  readonly open: (client: Client, onChange: () => void) => Book;
  readonly onEnd: () => void;
}

/** A book that components watch, once however many they are. */
export class SharedBook extends Shared<BookView> {
  readonly #parts: SharedBookParts;
  #leaveSession: (() => void) | undefined;
  #book: Book | undefined;
  #error: OutcryError | undefined;

  constructor(parts: SharedBookParts) {
    super(NO_BOOK);
    this.#parts = parts;
  }

  protected override begin(): void {
    const { session, open } = this.#parts;
    this.#leaveSession = session.use(() => undefined);
    const { client } = session;
    if (client === undefined) return;
    try {
      const book = open(client, () => {
        this.change();
      });
      this.#book = book;
      book.ready.then(undefined, (error: unknown) => {
        this.#fail(error);
      });
      void this.#untilOver(book);
    } catch (error) {
      this.#fail(error);
    }
  }

  protected override end(): void {
    this.#parts.onEnd();
    this.#book?.close();
    this.#leaveSession?.();
  }

  protected override draw(): BookView {
    const book = this.#book;
    if (book === undefined)
      return { ...NO_BOOK, status: this.#error === undefined ? 'loading' : 'failed', error: this.#error };
    const { status, bids, asks, stamp } = book;
    const error = status === 'failed' ? this.#error : undefined;
    return { status, error, bids, asks, stamp, toDecimal: (level) => book.toDecimal(level) };
  }

  /** The end of a book is told by its iterations. */
  async #untilOver(book: Book): Promise<void> {
    try {
      for await (const _ of book);
      this.change();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#error = toOutcryError(error);
    this.change();
  }
}
