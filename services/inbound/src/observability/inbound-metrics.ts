import { ServiceMetrics } from '@outcry/service';
import { TraceMetrics } from '@outcry/tracing';
import type { Gauge } from 'prom-client';

import type { RefusalReason } from '../delivery/inbound-message.ts';

export interface InboundMetricsOptions {
  /** Read when the metrics are. */
  readonly isBrokerUp: () => boolean;
  /** Read when the metrics are. */
  readonly isSourceUp: () => boolean;
  /** What is read here. */
  readonly sources: ReadonlySet<SourceKind>;
}

export type SourceKind = 'outbox' | 'streams' | 'topics';

/** What one source counts. */
export interface SourceMetrics {
  countPublished(seconds: number): void;
  countDuplicate(): void;
  countRetried(messages: number): void;
  countRefused(reason: RefusalReason): void;
  countSourceFault(): void;
  countTakeover(): void;
  /** Parts of the source that this process reads. */
  setPartitions(count: number): void;
  setServices(count: number): void;
  setLag(lag: Lag): void;
}

/** What waits in a source: messages, and the age of the oldest. */
export interface Lag {
  readonly rows: number;
  readonly seconds: number;
}

const PUBLISH_BUCKETS_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/** What the service counts, in a registry of its own. No label has more values than the source code has. */
export class InboundMetrics {
  readonly #all = new ServiceMetrics('inbound');
  readonly traces = new TraceMetrics(this.#all.registry, 'inbound');
  readonly #published = this.#all.counter('published_total', 'Messages that were published.');
  readonly #duplicates = this.#all.counter(
    'duplicates_total',
    'Messages that had been published before, or their keys.',
  );
  readonly #retried = this.#all.counter('retried_total', 'Messages that could not be published and are tried again.');
  readonly #refused = this.#all.counter(
    'refused_total',
    'Messages that can never be published, and were put aside.',
    'reason',
  );
  readonly #faults = this.#all.counter('source_faults_total', 'Calls of the source that failed.');
  readonly #takeovers = this.#all.counter('takeovers_total', 'Times this process began to read a partition.');
  readonly #parts: Readonly<Record<SourceKind, Gauge | undefined>>;
  readonly #lags = new Map<SourceKind, Lag>();
  readonly #services = this.#all.gauge('services', 'Services of this kind that are present, when it last could look.');
  readonly #lagRows = this.#all.gauge('lag_rows', 'Messages that wait in the source, up to a bound.');
  readonly #lagSeconds = this.#all.gauge('lag_seconds', 'Age of the oldest message that waits in the source.');
  readonly #publishSeconds = this.#all.histogram(
    'publish_seconds',
    'From handing a message to the broker until it has taken it.',
    { buckets: PUBLISH_BUCKETS_SECONDS },
  );

  constructor({ isBrokerUp, isSourceUp, sources }: InboundMetricsOptions) {
    // A source that is not read has none, and nobody is woken for that.
    this.#parts = {
      outbox: sources.has('outbox')
        ? this.#all.gauge('partitions', 'Partitions of the outbox that this process reads.')
        : undefined,
      streams: sources.has('streams') ? this.#all.gauge('streams', 'Streams that this process reads.') : undefined,
      topics: sources.has('topics')
        ? this.#all.gauge('topic_partitions', 'Partitions of topics that this process reads.')
        : undefined,
    };
    this.#all.watch('broker_up', '1 while Redis can be used.', isBrokerUp);
    this.#all.watch('source_up', '1 while the source can be read.', isSourceUp);
    this.#all.addProcess();
  }

  /** What is counted of one source; what waits is told of all together. */
  of(kind: SourceKind): SourceMetrics {
    return {
      countPublished: (seconds) => {
        this.#published.inc();
        this.#publishSeconds.observe(seconds);
      },
      countDuplicate: () => {
        this.#duplicates.inc();
      },
      countRetried: (messages) => {
        this.#retried.inc(messages);
      },
      countRefused: (reason) => {
        this.#refused.inc({ reason });
      },
      countSourceFault: () => {
        this.#faults.inc();
      },
      countTakeover: () => {
        this.#takeovers.inc();
      },
      setPartitions: (count) => {
        this.#parts[kind]?.set(count);
      },
      setServices: (count) => {
        this.#services.set(count);
      },
      setLag: (lag) => {
        this.#lags.set(kind, lag);
        const lags = [...this.#lags.values()];
        this.#lagRows.set(lags.reduce((sum, { rows }) => sum + rows, 0));
        this.#lagSeconds.set(Math.max(...lags.map(({ seconds }) => seconds)));
      },
    };
  }

  /** Everything in the Prometheus text format. */
  expose(): Promise<string> {
    return this.#all.expose();
  }
}
