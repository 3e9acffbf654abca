import { type FeedInstrument, OutcryError } from '@outcry/broker';
import type { Logger } from '@outcry/service';

import { Backoff } from '../../pacing/backoff.ts';
import { delay } from '../../pacing/delay.ts';
import type { BookSource, Scales } from '../book-source.ts';
import { BinanceRest } from './binance-rest.ts';
import { decodeDepthFrame } from './depth-frames.ts';
import { LiveBook } from './live-book.ts';
import { BINANCE_MARKETS, type BinanceMarket, type BinanceMarketName, depthStreamName } from './markets.ts';
import { createSocketOpener, type SilenceLimits } from './stream-socket.ts';
import { VenueStream } from './venue-stream.ts';

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
}

/** The venue allows 1,024 streams, but they all stand in the address, and a connection that is lost loses them all. */
const MAX_STREAMS_PER_CONNECTION = 200;

const SILENCE: SilenceLimits = { probeAfterMs: 5000, giveUpAfterMs: 5000 };

/** The start is tried so often: a venue that cannot be reached at all is the operator's to know. */
const MAX_START_ATTEMPTS = 4;
const START_RETRY = { baseMs: 500, maxMs: 5000 };

/**
 * Live books of Binance: combined depth streams and REST snapshots. Resolves when the venue has told the instruments'
 * scales; the streams are connected when the first book is asked for.
 *
 * @throws OutcryError `unavailable` where the venue cannot be reached, `badConfig` where it does not trade a symbol
 */
export async function openBinanceSource(options: BinanceOptions, logger: Logger): Promise<BookSource> {
  const market = BINANCE_MARKETS[options.market];
  const rest = new BinanceRest({ market, baseUrl: options.restUrl ?? market.restUrl, depth: options.depth });
  const scales = await readScales(rest, options.books, logger);
  const connections = chunks(options.books, MAX_STREAMS_PER_CONNECTION).map(
    (books) => new Connection({ books, scales, market, rest, logger, options }),
  );
  const owners = new Map(connections.flatMap((owner) => owner.symbols.map((symbol) => [symbol, owner] as const)));
  return {
    instruments: options.books.map((book) => ({ symbol: book.symbol, ...scalesOf(scales, book) })),
    events(symbol, signal) {
      const owner = owners.get(symbol);
      if (owner === undefined) throw new OutcryError('badFeed', `${symbol} is not taken from the venue`);
      return owner.open(symbol).events(signal);
    },
    close() {
      for (const connection of connections) connection.close();
      return Promise.resolve();
    },
  };
}

type AllScales = ReadonlyMap<string, Scales>;

async function readScales(rest: BinanceRest, books: readonly BinanceBook[], logger: Logger): Promise<AllScales> {
  const never = new AbortController().signal;
  const symbols = [...new Set(books.map(({ venueSymbol }) => venueSymbol))];
  const backoff = new Backoff(START_RETRY);
  for (let attempt = 1; ; attempt++) {
    try {
      return await rest.scales(symbols, never);
    } catch (err) {
      const mayPass = err instanceof OutcryError && err.code === 'unavailable';
      if (!mayPass || attempt === MAX_START_ATTEMPTS) throw err;
      logger.warn({ err }, 'venue refused its exchange information');
    }
    await delay(backoff.nextMs(), never);
  }
}

function scalesOf(scales: AllScales, { venueSymbol }: BinanceBook): Scales {
  const found = scales.get(venueSymbol);
  if (found === undefined) throw new OutcryError('badConfig', `the venue told no scales of ${venueSymbol}`);
  return found;
}

interface ConnectionOptions {
  readonly books: readonly BinanceBook[];
  readonly scales: AllScales;
  readonly market: BinanceMarket;
  readonly rest: BinanceRest;
  readonly logger: Logger;
  readonly options: BinanceOptions;
}

/** One combined stream and the books on it. */
class Connection {
  readonly symbols: readonly FeedInstrument['symbol'][];
  readonly #books = new Map<string, LiveBook>();
  readonly #byVenueSymbol = new Map<string, LiveBook>();
  readonly #stream: VenueStream;
  readonly #logger: Logger;
  #isStarted = false;

  constructor({ books, scales, market, rest, logger, options }: ConnectionOptions) {
    const random = options.random ?? Math.random;
    this.symbols = books.map(({ symbol }) => symbol);
    this.#logger = logger;
    for (const book of books) {
      const live = new LiveBook({
        symbol: book.venueSymbol,
        scales: scalesOf(scales, book),
        fetchSnapshot: (symbol, signal) => rest.depthSnapshot(symbol, signal),
        logger,
        random,
      });
      this.#books.set(book.symbol, live);
      this.#byVenueSymbol.set(book.venueSymbol, live);
    }
    const streams = books.map(({ venueSymbol }) => depthStreamName(market, venueSymbol, options.intervalMs));
    this.#stream = new VenueStream({
      url: `${options.streamUrl ?? market.streamUrl}/stream?streams=${streams.join('/')}`,
      openSocket: createSocketOpener(SILENCE),
      logger,
      random,
      handler: {
        handleUp: () => {
          for (const live of this.#books.values()) live.handleUp();
        },
        handleFrame: (text, isOverlapping) => {
          this.#handleFrame(text, isOverlapping);
        },
        handleDown: (reason) => {
          for (const live of this.#books.values()) live.handleDown(`the venue's stream is lost: ${reason}`);
        },
      },
    });
  }

  open(symbol: string): LiveBook {
    const live = this.#books.get(symbol);
    if (live === undefined) throw new OutcryError('badFeed', `${symbol} is not on this connection`);
    if (!this.#isStarted) this.#stream.start();
    this.#isStarted = true;
    return live;
  }

  close(): void {
    this.#stream.stop();
  }

  /** A frame that cannot be read may have been any book's, so all of them start anew over another connection. */
  #handleFrame(text: string, isOverlapping: boolean): void {
    try {
      const frame = decodeDepthFrame(text);
      if (frame?.type === 'update') this.#byVenueSymbol.get(frame.symbol)?.handleUpdate(frame, isOverlapping);
    } catch (err) {
      if (!(err instanceof OutcryError)) throw err;
      this.#logger.error({ err }, 'venue frame malformed');
      this.#stream.restart(err.message);
    }
  }
}

function chunks<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, i) => items.slice(i * size, (i + 1) * size));
}
