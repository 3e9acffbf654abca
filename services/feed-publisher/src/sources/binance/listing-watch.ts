import { OutcryError } from '@outcry/broker';
import type { Logger } from '@outcry/service';
import { delay } from '@outcry/worker';

import type { BinanceRest } from './binance-rest.ts';
import type { Listing } from './listing.ts';
import type { LiveBook } from './live-book.ts';

/** A book of which nothing comes for so long is asked for at the venue, and every book that it does not trade as often. */
const QUIET_MS = 60_000;

export interface ListingWatchOptions {
  readonly books: readonly LiveBook[];
  readonly rest: Pick<BinanceRest, 'listings'>;
  readonly handleListing: (book: LiveBook, listing: Listing) => void;
  readonly logger: Logger;
  /** Instead of `QUIET_MS`, for a test that is in a hurry. */
  readonly quietMs?: number | undefined;
}

/**
 * Finds out which symbols the venue has stopped trading, and which it trades now and did not. Streams do not tell: that of a
 * symbol which is gone is as silent as that of a quiet market. Where every book moves, it asks for nothing.
 */
export class ListingWatch {
  readonly #options: ListingWatchOptions;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;

  constructor(options: ListingWatchOptions) {
    this.#options = options;
  }

  /** Does nothing where it was started before. */
  start(): void {
    this.#running ??= this.#run(this.#stopping.signal);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { books, quietMs = QUIET_MS } = this.#options;
    for (;;) {
      await delay(quietMs, signal);
      if (signal.aborted) return;
      const inDoubt = books.filter((book) => book.isInDoubt(quietMs));
      if (inDoubt.length > 0) await this.#ask(inDoubt, signal);
    }
  }

  async #ask(books: readonly LiveBook[], signal: AbortSignal): Promise<void> {
    const { rest, handleListing, logger } = this.#options;
    try {
      const listings = await rest.listings([...new Set(books.map(({ venueSymbol }) => venueSymbol))], signal);
      for (const book of books) {
        const listing = listings.get(book.venueSymbol);
        if (listing !== undefined) handleListing(book, listing);
      }
    } catch (err) {
      if (!(err instanceof OutcryError)) throw err;
      if (!signal.aborted) logger.warn({ err }, 'venue refused its exchange information');
    }
  }
}
