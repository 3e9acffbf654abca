import type { Broker, Lease, OutcryError, Retention } from '@outcry/broker';
import type { Logger } from '@outcry/service';
import { databaseRoster, type LeaseTimes, type PartitionTerm, Partitions, SourceHealth } from '@outcry/worker';

import { Delivery, type DeliveryOptions } from '../delivery/delivery.ts';
import type { SourceMetrics } from '../observability/inbound-metrics.ts';
import { RedisStreamStore } from './redis/redis-stream-store.ts';
import type { StreamConfig } from './settings.ts';
import { StreamReader } from './stream-reader.ts';

export interface StreamsOptions {
  readonly config: StreamConfig;
  readonly broker: Pick<Broker, 'publish'>;
  readonly lease: Lease;
  readonly times: LeaseTimes;
  readonly retention: { of(room: string): Retention };
  readonly maxDataBytes: number;
  readonly tracing?: DeliveryOptions['tracing'];
  readonly metrics: SourceMetrics;
  readonly logger: Logger;
}

const LAG_INTERVAL_MS = 5000;

/** Streams of one Redis, as far as this process reads them. */
export class Streams {
  readonly #options: StreamsOptions;
  readonly #store: RedisStreamStore;
  readonly #health: SourceHealth;
  /** What each stream is called among all that there are. */
  readonly #sources = new Map<string, string>();
  #partitions: Partitions | undefined;
  #lagTimer: NodeJS.Timeout | undefined;

  constructor(options: StreamsOptions) {
    this.#options = options;
    const { metrics, logger } = options;
    this.#health = new SourceHealth(logger, 'stream', () => {
      metrics.countSourceFault();
    });
    this.#store = new RedisStreamStore(options.config);
  }

  get isUp(): boolean {
    return this.#health.isUp;
  }

  notReady(): string | undefined {
    return this.#health.isUp ? undefined : 'the streams cannot be read';
  }

  /** @throws OutcryError `badConfig` where the streams are of no use, or `unavailable`; `stop` is to be called then, too */
  async start(): Promise<void> {
    for (const stream of this.#options.config.keys) this.#sources.set(stream, await this.#store.identify(stream));
    this.#health.succeed();
    this.#partitions = this.#createPartitions();
    await this.#partitions.start();
    this.#measureLag();
  }

  /** Ends what is under way and hands over. Never rejects. */
  async stop(): Promise<void> {
    clearTimeout(this.#lagTimer);
    await this.#partitions?.stop();
    await this.#store.close();
  }

  #createPartitions(): Partitions {
    const { config, lease, times, metrics, logger } = this.#options;
    return new Partitions({
      names: config.keys,
      leaseOf: (stream) => `stream/${this.#sourceOf(stream)}`,
      ...databaseRoster(this.#store, this.#health),
      lease,
      times,
      read: (term) => this.#read(term),
      metrics,
      logger,
    });
  }

  #read(term: PartitionTerm): Promise<void> {
    const { broker, retention, maxDataBytes, tracing, metrics, config } = this.#options;
    // Two streams may have entries of one id. No user has a star in its name.
    const sender = `*stream:${this.#sourceOf(term.partition)}`;
    const reader = new StreamReader({
      store: this.#store,
      delivery: new Delivery({ broker, retention, maxDataBytes, sender, tracing, metrics }),
      pollMs: config.pollMs,
      metrics,
      onFault: (err: OutcryError) => {
        this.#health.fail(err);
      },
    });
    return reader.read(term);
  }

  #sourceOf(stream: string): string {
    return this.#sources.get(stream) ?? stream;
  }

  #measureLag(): void {
    void this.#health
      .watch(() => this.#store.measureLag())
      .then((lag) => {
        if (lag !== undefined) this.#options.metrics.setLag(lag);
      });
    this.#lagTimer = setTimeout(() => {
      this.#measureLag();
    }, LAG_INTERVAL_MS);
  }
}
