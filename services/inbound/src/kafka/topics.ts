import { OutcryError } from '@outcry/broker';
import { SourceHealth } from '@outcry/worker';

import { LagWatch } from '../delivery/lag-watch.ts';
import { deliveryOf, type SourceOptions } from '../delivery/source-options.ts';
import { KafkaLog } from './platformatic/kafka-log.ts';
import type { KafkaConfig } from './settings.ts';
import { TopicReader } from './topic-reader.ts';

type TopicsOptions = SourceOptions<KafkaConfig>;

const MS_PER_SECOND = 1000;

/** Topics of one Kafka, as far as its group gives them to this process. */
export class Topics {
  readonly #options: TopicsOptions;
  readonly #log: KafkaLog;
  readonly #health: SourceHealth;
  readonly #ending = new AbortController();
  readonly #lagWatch = new LagWatch(() => this.#tellLag());
  /** Partitions that are its own. */
  #held: readonly string[] = [];
  #reader: TopicReader | undefined;
  #reading: Promise<void> | undefined;

  constructor(options: TopicsOptions) {
    this.#options = options;
    const { config, logger } = options;
    this.#health = new SourceHealth(logger, 'topic');
    this.#log = new KafkaLog({
      ...config,
      onPartitions: (names) => {
        this.#hold(names);
      },
    });
  }

  get isUp(): boolean {
    return this.#health.isUp;
  }

  notReady(): string | undefined {
    return this.#health.isUp ? undefined : 'the topics cannot be read';
  }

  /** @throws OutcryError `badConfig` where the topics are of no use, or `unavailable`; `stop` is to be called then, too */
  async start(): Promise<void> {
    const names = await this.#log.identify();
    this.#health.succeed();
    const { metrics } = this.#options;
    const deliveries = new Map(
      // No user has a star in its name.
      [...names].map(([topic, name]) => [topic, deliveryOf(this.#options, `*kafka:${name}`)]),
    );
    const reader = new TopicReader({
      log: this.#log,
      deliveryOf: (topic) => {
        const delivery = deliveries.get(topic);
        if (delivery === undefined) throw new Error(`a record of ${topic}, which is not read`);
        return delivery;
      },
      metrics,
      onFound: () => {
        this.#health.succeed();
      },
      onFault: (err: OutcryError) => {
        this.#health.fail(err);
      },
    });
    this.#reader = reader;
    this.#reading = reader.read(this.#ending.signal);
    this.#lagWatch.start();
  }

  /** Ends what is under way and hands over. Never rejects. */
  async stop(): Promise<void> {
    this.#lagWatch.stop();
    this.#ending.abort();
    await this.#reading;
    await this.#log.close();
  }

  #hold(names: readonly string[] | undefined): void {
    const { metrics, logger } = this.#options;
    const own = names ?? [];
    for (const name of own) if (!this.#held.includes(name)) metrics.countTakeover();
    this.#held = own;
    metrics.setPartitions(own.length);
    if (names === undefined) return;
    this.#health.succeed();
    logger.info({ partitions: own }, 'partitions of topics assigned');
  }

  async #tellLag(): Promise<void> {
    const { metrics } = this.#options;
    try {
      const rows = await this.#log.countWaiting();
      // Whether Kafka can be had is then for the reader to say, who tries.
      if (rows === undefined) return;
      const oldest = this.#reader?.oldest;
      const ageMs = oldest === undefined ? 0 : Math.max(0, Date.now() - oldest);
      metrics.setLag({ rows, seconds: ageMs / MS_PER_SECOND });
    } catch (err) {
      if (!(err instanceof OutcryError)) throw err;
      metrics.countSourceFault();
    }
  }
}
