import { collectProcessMetrics } from '@outcry/service';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

export type FrameKind = 'snapshot' | 'delta' | 'pulse';

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
  readonly #registry = new Registry();
  readonly #events = this.#counter('events_total', 'Events of the book source.', ['symbol']);
  readonly #frames = this.#counter('frames_total', 'Frames that the feed bus took.', ['symbol', 'kind']);
  readonly #epochRestarts = this.#counter(
    'epoch_restarts_total',
    'Epochs after the first: the source began anew, or the feed bus came back.',
    ['symbol'],
  );
  readonly #interruptions = this.#counter(
    'interruptions_total',
    'Times the venue could not be heard, or left something out: the feed was silent until the next snapshot.',
    ['symbol'],
  );
  readonly #sourceErrors = this.#counter(
    'source_errors_total',
    'Feeds that ended because the source broke or the book could not be right.',
    ['symbol'],
  );
  readonly #takeovers = this.#counter(
    'takeovers_total',
    'Times this publisher began to lead the symbol, the first included.',
    ['symbol'],
  );
  readonly #fencedFrames = this.#counter(
    'fenced_frames_total',
    'Frames that the feed bus refused because another publisher leads the symbol.',
    ['symbol'],
  );
  readonly #leader = new Gauge({
    name: 'outcry_feed_publisher_leader',
    help: '1 while this publisher leads the symbol, 0 while it stands by.',
    labelNames: ['symbol'],
    registers: [this.#registry],
  });
  readonly #publishers = new Gauge({
    name: 'outcry_feed_publisher_publishers',
    help: 'Publishers that are present, this one included, when it last could look.',
    registers: [this.#registry],
  });
  readonly #live = new Gauge({
    name: 'outcry_feed_publisher_live',
    help: '1 while this publisher publishes the feed of the symbol.',
    labelNames: ['symbol'],
    registers: [this.#registry],
  });
  readonly #publishSeconds = new Histogram({
    name: 'outcry_feed_publisher_publish_seconds',
    help: 'From handing a frame to the feed bus until it has taken it.',
    labelNames: ['kind'],
    buckets: PUBLISH_BUCKETS_SECONDS,
    registers: [this.#registry],
  });

  constructor({ isBusUp, isWritable, hasProcessMetrics }: FeedMetricsOptions) {
    new Gauge({
      name: 'outcry_feed_publisher_bus_up',
      help: '1 while the feed bus takes what is published.',
      registers: [this.#registry],
      collect() {
        this.set(isBusUp() ? 1 : 0);
      },
    });
    new Gauge({
      name: 'outcry_feed_publisher_broker_writable',
      help: '0 while the broker refuses messages: full, where books go on, or read-only, where they do not.',
      registers: [this.#registry],
      collect() {
        this.set(isWritable() ? 1 : 0);
      },
    });
    if (hasProcessMetrics) collectProcessMetrics(this.#registry, 'outcry_feed_publisher');
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
    return this.#registry.metrics();
  }

  #counter<T extends string>(name: string, help: string, labelNames: readonly T[]): Counter<T> {
    return new Counter({ name: `outcry_feed_publisher_${name}`, help, labelNames, registers: [this.#registry] });
  }
}
