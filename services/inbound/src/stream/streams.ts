import type { OutcryError } from '@outcry/broker';
import { Attendance, type PartitionTerm, Partitions, SourceHealth } from '@outcry/worker';

import { LagWatch } from '../delivery/lag-watch.ts';
import { deliveryOf, type LeasedSourceOptions } from '../delivery/source-options.ts';
import { RedisStreamStore, stateOf } from './redis/redis-stream-store.ts';
import type { StreamConfig } from './settings.ts';
import { StreamReader } from './stream-reader.ts';

type StreamsOptions = LeasedSourceOptions<StreamConfig>;

/** Streams of one Redis, as far as this process reads them. */
export class Streams {
  readonly #options: StreamsOptions;
  readonly #store: RedisStreamStore;
  readonly #health: SourceHealth;
  readonly #lagWatch = new LagWatch(() => this.#measureLag());
  /** What each stream is called among all that there are. */
  readonly #sources = new Map<string, string>();
  #attendance: Attendance | undefined;
  #partitions: Partitions | undefined;

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
    return this.#health.isUp ? this.#attendance?.refusal : 'the streams cannot be read';
  }

  /** @throws OutcryError `badConfig` where the streams are of no use, or of another cluster, or `unavailable`; `stop` is to be called then, too */
  async start(): Promise<void> {
    for (const stream of this.#options.config.keys) this.#sources.set(stream, await this.#store.identify(stream));
    this.#health.succeed();
    this.#attendance = this.#createAttendance();
    await this.#attendance.begin();
    this.#partitions = this.#createPartitions(this.#attendance);
    await this.#partitions.start();
    this.#lagWatch.start();
  }

  /** Ends what is under way and hands over. Never rejects. */
  async stop(): Promise<void> {
    this.#lagWatch.stop();
    await this.#partitions?.stop();
    await this.#store.close();
  }

  /** Those that are read together have one name, beside the first of them. */
  #createAttendance(): Attendance {
    const { config, identities, times, logger } = this.#options;
    const [first = ''] = config.keys;
    return new Attendance({
      of: {
        thing: 'stream',
        setting: 'OUTCRY_STREAM_URL',
        role: 'source',
        unbind: `say HDEL ${stateOf(first)} cluster to the Redis of the stream`,
      },
      times,
      identities,
      by: `stream/${this.#sourceOf(first)}`,
      list: this.#store,
      health: this.#health,
      logger,
    });
  }

  #createPartitions(attendance: Attendance): Partitions {
    const { config, lease, times, metrics, logger } = this.#options;
    return new Partitions({
      names: config.keys,
      leaseOf: (stream) => `stream/${this.#sourceOf(stream)}`,
      service: attendance.service,
      roster: attendance,
      fenceOf: (stream) => attendance.fenceOf(stream),
      lease,
      times,
      read: (term) => this.#read(term),
      metrics,
      logger,
    });
  }

  #read(term: PartitionTerm): Promise<void> {
    const { metrics, config } = this.#options;
    // Two streams may have entries of one id. No user has a star in its name.
    const sender = `*stream:${this.#sourceOf(term.partition)}`;
    const reader = new StreamReader({
      store: this.#store,
      delivery: deliveryOf(this.#options, sender),
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

  async #measureLag(): Promise<void> {
    const lag = await this.#health.watch(() => this.#store.measureLag());
    if (lag !== undefined) this.#options.metrics.setLag(lag);
  }
}
