import { ServiceMetrics } from '@outcry/service';

import { INGEST_ERRORS, type IngestErrorCode } from '../sources/http/ingest-error.ts';

export type FrameKind = 'snapshot' | 'delta' | 'pulse';

/** What can become of a request that posts a book. */
export type PostOutcome = 'accepted' | 'internal' | IngestErrorCode;
const POST_OUTCOMES: readonly string[] = ['accepted', 'internal', ...Object.keys(INGEST_ERRORS)];

export interface FeedMetricsOptions {
  /** Read when the metrics are. */
  readonly isBusUp: () => boolean;
  /** Read when the metrics are. */
  readonly isWritable: () => boolean;
  /** Memory, event loop and garbage collection too. Off where another service of the same process tells them. */
  readonly hasProcessMetrics: boolean;
}

const PUBLISH_BUCKETS_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/** What the publisher counts, in a registry of its own. Labels are bounded: the symbols are those of the source. */
export class FeedMetrics {
  readonly #all = new ServiceMetrics('feed_publisher');
  readonly #events = this.#all.counter('events_total', 'Events of the book source.', 'symbol');
  readonly #frames = this.#all.counter('frames_total', 'Frames that the feed bus took.', 'symbol', 'kind');
  readonly #epochRestarts = this.#all.counter(
    'epoch_restarts_total',
    'Epochs after the first: the source began anew, or the feed bus came back.',
    'symbol',
  );
  readonly #interruptions = this.#all.counter(
    'interruptions_total',
    'Times the venue could not be heard, or left something out: the feed was silent until the next snapshot.',
    'symbol',
  );
  readonly #sourceErrors = this.#all.counter(
    'source_errors_total',
    'Feeds that ended because the source broke or the book could not be right.',
    'symbol',
  );
  readonly #takeovers = this.#all.counter(
    'takeovers_total',
    'Times this publisher began to lead the symbol, the first included.',
    'symbol',
  );
  readonly #fencedFrames = this.#all.counter(
    'fenced_frames_total',
    'Frames that the feed bus refused because another publisher leads the symbol.',
    'symbol',
  );
  readonly #leader = this.#all.gauge(
    'leader',
    '1 while this publisher leads the symbol, 0 while it stands by.',
    'symbol',
  );
  readonly #publishers = this.#all.gauge(
    'publishers',
    'Publishers that are present, this one included, when it last could look.',
  );
  readonly #live = this.#all.gauge('live', '1 while this publisher publishes the feed of the symbol.', 'symbol');
  readonly #postRequests = this.#all.counter(
    'post_requests_total',
    'Requests of engines that post books, by what became of each: `accepted`, or the code that it was refused with.',
    'outcome',
  );
  readonly #publishSeconds = this.#all.histogram(
    'publish_seconds',
    'From handing a frame to the feed bus until it has taken it.',
    { buckets: PUBLISH_BUCKETS_SECONDS, labelNames: ['kind'] },
  );

  constructor({ isBusUp, isWritable, hasProcessMetrics }: FeedMetricsOptions) {
    this.#all.watch('bus_up', '1 while the feed bus takes what is published.', isBusUp);
    this.#all.watch(
      'broker_writable',
      '0 while the broker refuses messages: full, where books go on, or read-only, where they do not.',
      isWritable,
    );
    for (const outcome of POST_OUTCOMES) this.#postRequests.inc({ outcome }, 0);
    if (hasProcessMetrics) this.#all.addProcess();
  }

  /** Everything of a symbol is there with 0 before it happens: to Prometheus, a series that begins with 1 has not risen. */
  begin(symbol: string): void {
    for (const counter of [this.#events, this.#epochRestarts, this.#interruptions, this.#sourceErrors]) {
      counter.inc({ symbol }, 0);
    }
    for (const counter of [this.#takeovers, this.#fencedFrames]) counter.inc({ symbol }, 0);
    this.setLive(symbol, false);
  }

  countEvent(symbol: string): void {
    this.#events.inc({ symbol });
  }

  /** A frame that the bus took, and how long that took. */
  countFrame(symbol: string, kind: FrameKind, seconds: number): void {
    this.#frames.inc({ symbol, kind });
    this.#publishSeconds.observe({ kind }, seconds);
  }

  countEpochRestart(symbol: string): void {
    this.#epochRestarts.inc({ symbol });
  }

  countInterruption(symbol: string): void {
    this.#interruptions.inc({ symbol });
  }

  countSourceError(symbol: string): void {
    this.#sourceErrors.inc({ symbol });
  }

  countTakeover(symbol: string): void {
    this.#takeovers.inc({ symbol });
  }

  countFencedFrame(symbol: string): void {
    this.#fencedFrames.inc({ symbol });
  }

  /** A request of an engine that posts books. */
  countPost(outcome: PostOutcome): void {
    this.#postRequests.inc({ outcome });
  }

  setLeader(symbol: string, isLeader: boolean): void {
    this.#leader.set({ symbol }, isLeader ? 1 : 0);
  }

  setPublishers(count: number): void {
    this.#publishers.set(count);
  }

  setLive(symbol: string, isLive: boolean): void {
    this.#live.set({ symbol }, isLive ? 1 : 0);
  }

  /** Everything in the Prometheus text format. */
  expose(): Promise<string> {
    return this.#all.expose();
  }
}
