import { randomBytes, randomUUID } from 'node:crypto';

import { type Backplane, type Lease, type FeedInstrument, UnwritableError } from '@outcry/broker';
import type { Logger } from '@outcry/service';

import { BusHealth } from './feed/bus-health.ts';
import { Leadership, LONE_LEADERSHIP, type LeadershipTimes } from './leadership/leadership.ts';
import { FeedMetrics, type PostOutcome } from './observability/feed-metrics.ts';
import type { BookSource, Scales } from './sources/book-source.ts';
import { checkInstrument, checkNames } from './sources/check-instrument.ts';
import type { FeedTiming } from './feed/frame-sender.ts';
import { SymbolFeed } from './feed/symbol-feed.ts';

export interface FeedPublisherOptions {
  /** Closed by `stop`. */
  readonly source: BookSource;
  /** Started; whoever made it closes it, after `stop`. */
  readonly backplane: Pick<Backplane, 'feedBus' | 'roster' | 'storage'> & { readonly lease: Lease };
  readonly timing: FeedTiming;
  /** The same for all publishers of a cluster; absent where there is only this one. */
  readonly leadership?: LeadershipTimes | undefined;
  readonly logger: Logger;
  /** Off where another service of the same process tells the process's metrics. On by default. */
  readonly hasProcessMetrics?: boolean | undefined;
}

/**
 * Publishes the books of a source as base feeds, each symbol independently of the others. Of several publishers each leads some
 * of the symbols, and stands by for those of the others with the book in hand.
 */
export interface FeedPublisher {
  /** Announces the instruments and starts the feeds. Rejects with an `OutcryError` where the bus cannot be reached. */
  start(): Promise<void>;
  /** Resolves when every feed is over, by itself or by `stop`. */
  finished(): Promise<void>;
  /** Hands over to other publishers and ends the feeds; what they have taken from the source is published first. */
  stop(): Promise<void>;
  /** Which feeds are not live, nor could be at once, and why, in a line; undefined where all are. */
  notReady(): string | undefined;
  /** How many feeds there are, and how many are live here. */
  load(): { readonly feeds: number; readonly live: number };
  /** A request of an engine that posts books has been answered. */
  countPost(outcome: PostOutcome): void;
  /** Prometheus text. */
  exposeMetrics(): Promise<string>;
}

/** @throws OutcryError `badConfig` where the source offers what nobody could ask for */
export function createFeedPublisher(options: FeedPublisherOptions): FeedPublisher {
  const { source, timing, logger } = options;
  const { feedBus } = options.backplane;
  const stopping = new AbortController();
  const busHealth = new BusHealth(logger);
  const { hasProcessMetrics = true } = options;
  const isWritable = (): boolean => (options.backplane.storage?.state ?? 'writable') === 'writable';
  const metrics = new FeedMetrics({ isBusUp: () => busHealth.isUp, isWritable, hasProcessMetrics });
  const leadership = createLeadership(options, metrics);
  const shared = { source, feedBus, timing, busHealth, metrics, logger, createEpoch, leadership };
  const createFeed = (symbol: string, scales?: Scales): SymbolFeed => {
    const feed = new SymbolFeed({ symbol, scales, ...shared });
    leadership.add(feed);
    return feed;
  };
  const feeds = booksOf(source).map(({ symbol, scales }) => createFeed(symbol, scales));
  let running = Promise.resolve();
  const run = (feed: SymbolFeed): void => {
    running = Promise.all([running, feed.run(stopping.signal)]).then(() => undefined);
  };

  return {
    async start() {
      await unlessUnwritable(
        feedBus.announceUnknown(source.instruments.map((known) => ({ ...known, sourceKind: source.kind }))),
        logger,
      );
      await leadership.start();
      feeds.forEach(run);
      source.watchInstruments?.((instrument) => {
        const feed = createFeed(instrument.symbol, scalesOf(instrument));
        feeds.push(feed);
        run(feed);
      });
    },
    finished: () => running,
    async stop() {
      await leadership.stop();
      stopping.abort();
      await running;
      await source.close();
    },
    notReady: () => describeIdle(feeds) ?? (busHealth.isUp ? undefined : 'feed bus interrupted'),
    load: () => ({ feeds: feeds.length, live: feeds.filter(({ state }) => state === 'live').length }),
    countPost: (outcome) => {
      metrics.countPost(outcome);
    },
    exposeMetrics: () => metrics.expose(),
  };
}

/** Everything that the source is to bring, with the scales where they are known. */
function booksOf(source: BookSource): readonly { readonly symbol: string; readonly scales?: Scales }[] {
  const known = source.instruments.map((instrument) => ({ symbol: instrument.symbol, scales: scalesOf(instrument) }));
  const books = [...known, ...(source.missing ?? []).map((symbol) => ({ symbol }))];
  checkNames(books.map(({ symbol }) => symbol));
  return books;
}

function scalesOf(instrument: FeedInstrument): Scales {
  const { priceScale, sizeScale } = checkInstrument(instrument);
  return { priceScale, sizeScale };
}

function describeIdle(feeds: readonly SymbolFeed[]): string | undefined {
  const idle = feeds.filter(({ state }) => state !== 'live' && state !== 'standby');
  return idle.length === 0 ? undefined : `feeds not live: ${idle.map(describeFeed).join(', ')}`;
}

/** `BTCUSDT interrupted (the venue's stream is lost)` */
function describeFeed({ symbol, state, reason }: SymbolFeed): string {
  const why = reason === undefined ? '' : ` (${reason.replaceAll(/\s+/g, ' ')})`;
  return `${symbol} ${state}${why}`;
}

/** Whoever leads a symbol announces it again with its first snapshot: what cannot be stored now will be then. */
async function unlessUnwritable(announcing: Promise<void>, logger: Logger): Promise<void> {
  try {
    await announcing;
  } catch (err) {
    if (!(err instanceof UnwritableError)) throw err;
    logger.warn({ err }, 'instruments not announced');
  }
}

function createLeadership(options: FeedPublisherOptions, metrics: FeedMetrics): Leadership {
  const { lease, roster } = options.backplane;
  const { leadership: times = LONE_LEADERSHIP, logger } = options;
  return new Leadership({ publisher: randomUUID(), lease, roster, times, metrics, logger });
}

/** 48 random bits: never seen twice, so nobody takes one run of a book's numbering for another. */
function createEpoch(): string {
  return randomBytes(6).toString('base64url');
}
