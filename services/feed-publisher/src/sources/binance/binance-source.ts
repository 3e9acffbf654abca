import { type FeedInstrument, OutcryError } from '@outcry/broker';
import { SourceKind } from '@outcry/protocol';
import type { Logger } from '@outcry/service';
import { Backoff, delay } from '@outcry/worker';

import type { BookSource, SourceEvent } from '../book-source.ts';
import { BinanceRest } from './binance-rest.ts';
import { Connection } from './connection.ts';
import { type Listing, unlisted } from './listing.ts';
import { ListingWatch } from './listing-watch.ts';
import { LiveBook } from './live-book.ts';
import { BINANCE_MARKETS, type BinanceMarketName } from './markets.ts';

export interface BinanceBook {
  /** As the venue names it. */
  readonly venueSymbol: string;
  /** What the book is called here. */
  readonly symbol: string;
}

export interface BinanceOptions {
  readonly market: BinanceMarketName;
  readonly books: readonly BinanceBook[];
  /** Base URLs, without a slash at the end; the venue's own where absent. */
  readonly restUrl?: string | undefined;
  readonly streamUrl?: string | undefined;
  /** Levels per side of a snapshot, and the stream's interval; each one of the market's. */
  readonly depth: number;
  readonly intervalMs: number;
  /** Uniform in [0, 1): how long is waited before something is tried again. `Math.random` unless a test is in a hurry. */
  readonly random?: () => number;
  /** How long a book may be quiet before the venue is asked whether it still trades it; a minute unless a test is in a hurry. */
  readonly quietMs?: number;
}

/** The venue allows 1,024 streams, but they all stand in the address, and a connection that is lost loses them all. */
const MAX_STREAMS_PER_CONNECTION = 200;

/** The start is tried so often: a venue that cannot be reached at all is the operator's to know. */
const MAX_START_ATTEMPTS = 4;
const START_RETRY = { baseMs: 500, maxMs: 5000 };

/**
 * Live books of Binance: combined depth streams and REST snapshots. Resolves when the venue has said which of the symbols it
 * knows; the streams are connected when the first book is asked for. A symbol that the venue does not trade is silent, with the
 * reason, until it does.
 *
 * @throws OutcryError `unavailable` where the venue cannot be reached, `badConfig` where it knows none of the symbols
 */
export async function openBinanceSource(options: BinanceOptions, logger: Logger): Promise<BookSource> {
  const market = BINANCE_MARKETS[options.market];
  const rest = new BinanceRest({ market, baseUrl: options.restUrl ?? market.restUrl, depth: options.depth });
  const listings = await readListings(rest, options.books, logger);
  const unknown = [...listings.values()].filter(isUnknown);
  if (unknown.length === listings.size) {
    throw new OutcryError('badConfig', unknown.map(({ untraded }) => untraded).join(', '));
  }
  return new BinanceSource({ options, rest, listings, logger });
}

type Listings = ReadonlyMap<string, Listing>;

async function readListings(rest: BinanceRest, books: readonly BinanceBook[], logger: Logger): Promise<Listings> {
  const never = new AbortController().signal;
  const symbols = [...new Set(books.map(({ venueSymbol }) => venueSymbol))];
  const backoff = new Backoff(START_RETRY);
  for (let attempt = 1; ; attempt++) {
    try {
      return await rest.listings(symbols, never);
    } catch (err) {
      const mayPass = err instanceof OutcryError && err.code === 'unavailable';
      if (!mayPass || attempt === MAX_START_ATTEMPTS) throw err;
      logger.warn({ err }, 'venue refused its exchange information');
    }
    await delay(backoff.nextMs(), never);
  }
}

function listingOf(listings: Listings, venueSymbol: string): Listing {
  return listings.get(venueSymbol) ?? unlisted(venueSymbol);
}

function isUnknown({ scales }: Listing): boolean {
  return scales === undefined;
}

interface BinanceParts {
  readonly options: BinanceOptions;
  readonly rest: BinanceRest;
  readonly listings: Listings;
  readonly logger: Logger;
}

class BinanceSource implements BookSource {
  readonly kind = SourceKind.Live;
  readonly mayRecover = true;
  readonly instruments: readonly FeedInstrument[];
  readonly missing: readonly string[];
  readonly #parts: BinanceParts;
  readonly #books = new Map<string, LiveBook>();
  readonly #connections = new Map<LiveBook, Connection>();
  readonly #watch: ListingWatch;

  constructor(parts: BinanceParts) {
    const { options, rest, listings, logger } = parts;
    this.#parts = parts;
    const known = options.books.filter((book) => !isUnknown(listingOf(listings, book.venueSymbol)));
    this.instruments = known.flatMap(({ symbol, venueSymbol }) => {
      const { scales } = listingOf(listings, venueSymbol);
      return scales === undefined ? [] : [{ symbol, ...scales }];
    });
    this.missing = options.books.filter((book) => !known.includes(book)).map(({ symbol }) => symbol);
    for (const book of options.books) this.#books.set(book.symbol, this.#createBook(book.venueSymbol));
    const streamed = known.flatMap(({ symbol }) => this.#books.get(symbol) ?? []);
    for (const books of chunks(streamed, MAX_STREAMS_PER_CONNECTION)) this.#connect(books);
    this.#watch = new ListingWatch({
      books: [...this.#books.values()],
      rest,
      logger,
      quietMs: options.quietMs,
      handleListing: (book, listing) => {
        this.#handleListing(book, listing);
      },
    });
  }

  events(symbol: string, signal: AbortSignal): AsyncIterable<SourceEvent> {
    const book = this.#books.get(symbol);
    if (book === undefined) throw new OutcryError('badFeed', `${symbol} is not taken from the venue`);
    this.#connections.get(book)?.start();
    this.#watch.start();
    return book.events(signal);
  }

  async close(): Promise<void> {
    await this.#watch.stop();
    for (const connection of new Set(this.#connections.values())) connection.close();
  }

  #createBook(venueSymbol: string): LiveBook {
    const { options, rest, listings, logger } = this.#parts;
    return new LiveBook({
      symbol: venueSymbol,
      listing: listingOf(listings, venueSymbol),
      fetchSnapshot: (symbol, signal) => rest.depthSnapshot(symbol, signal),
      logger,
      random: options.random ?? Math.random,
    });
  }

  #connect(books: readonly LiveBook[]): Connection {
    const { options, logger } = this.#parts;
    const { intervalMs, random = Math.random } = options;
    const market = BINANCE_MARKETS[options.market];
    const { streamUrl = market.streamUrl } = options;
    const connection = new Connection(books, { market, streamUrl, intervalMs, logger, random });
    for (const book of books) this.#connections.set(book, connection);
    return connection;
  }

  /** A symbol that the venue did not know at the start has no stream yet. */
  #handleListing(book: LiveBook, listing: Listing): void {
    if (!isUnknown(listing) && !this.#connections.has(book)) this.#connect([book]).start();
    book.handleListing(listing);
  }
}

function chunks<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, i) => items.slice(i * size, (i + 1) * size));
}
