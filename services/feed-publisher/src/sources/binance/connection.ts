import { OutcryError } from '@outcry/broker';
import type { Logger } from '@outcry/service';

import { decodeDepthFrame } from './depth-frames.ts';
import type { LiveBook } from './live-book.ts';
import { type BinanceMarket, depthStreamName } from './markets.ts';
import { createSocketOpener, type SilenceLimits } from './stream-socket.ts';
import { VenueStream } from './venue-stream.ts';

const SILENCE: SilenceLimits = { probeAfterMs: 5000, giveUpAfterMs: 5000 };

export interface ConnectionOptions {
  readonly market: BinanceMarket;
  /** Without a slash at the end. */
  readonly streamUrl: string;
  readonly intervalMs: number;
  readonly logger: Logger;
  readonly random: () => number;
}

/** One combined stream and the books on it. */
export class Connection {
  readonly #books: readonly LiveBook[];
  readonly #byVenueSymbol: ReadonlyMap<string, readonly LiveBook[]>;
  readonly #stream: VenueStream;
  readonly #logger: Logger;
  #isStarted = false;

  constructor(books: readonly LiveBook[], { market, streamUrl, intervalMs, logger, random }: ConnectionOptions) {
    this.#books = books;
    this.#byVenueSymbol = groupByVenueSymbol(books);
    this.#logger = logger;
    const streams = [...this.#byVenueSymbol.keys()].map((symbol) => depthStreamName(market, symbol, intervalMs));
    this.#stream = new VenueStream({
      url: `${streamUrl}/stream?streams=${streams.join('/')}`,
      openSocket: createSocketOpener(SILENCE),
      logger,
      random,
      handler: {
        handleUp: () => {
          for (const book of this.#books) book.handleUp();
        },
        handleFrame: (text, isOverlapping) => {
          this.#handleFrame(text, isOverlapping);
        },
        handleDown: (reason) => {
          for (const book of this.#books) book.handleDown(`the venue's stream is lost: ${reason}`);
        },
      },
    });
  }

  /** Does nothing where it was started before. */
  start(): void {
    if (!this.#isStarted) this.#stream.start();
    this.#isStarted = true;
  }

  close(): void {
    this.#stream.stop();
  }

  /** A frame that cannot be read may have been any book's, so all of them start anew over another connection. */
  #handleFrame(text: string, isOverlapping: boolean): void {
    try {
      const frame = decodeDepthFrame(text);
      if (frame?.type !== 'update') return;
      for (const book of this.#byVenueSymbol.get(frame.symbol) ?? []) book.handleUpdate(frame, isOverlapping);
    } catch (err) {
      if (!(err instanceof OutcryError)) throw err;
      this.#logger.error({ err }, 'venue frame malformed');
      this.#stream.restart(err.message);
    }
  }
}

/** A symbol of the venue may have several names here. */
function groupByVenueSymbol(books: readonly LiveBook[]): ReadonlyMap<string, readonly LiveBook[]> {
  const groups = new Map<string, LiveBook[]>();
  for (const book of books) groups.set(book.venueSymbol, [...(groups.get(book.venueSymbol) ?? []), book]);
  return groups;
}
