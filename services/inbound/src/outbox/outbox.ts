import type { OutcryError } from '@outcry/broker';
import { Attendance, type OneClusters, Partitions, SourceHealth, WakeUps } from '@outcry/worker';

import { LagWatch } from '../delivery/lag-watch.ts';
import { deliveryOf, type LeasedSourceOptions } from '../delivery/source-options.ts';
import { OutboxReader } from './outbox-reader.ts';
import { OUTBOX_PARTITIONS } from './postgres/migrations.ts';
import { PostgresListener } from './postgres/postgres-listener.ts';
import { PostgresOutbox } from './postgres/postgres-outbox.ts';
import type { OutboxConfig } from './settings.ts';

type OutboxOptions = LeasedSourceOptions<OutboxConfig>;

/** Stands where a sender does in idempotency keys. No user has a star in its name. */
const SENDER = '*outbox';
const OF_ONE_CLUSTER: OneClusters = {
  thing: 'database',
  setting: 'OUTCRY_POSTGRES_URL',
  role: 'outbox',
  unbind: 'say SELECT outcry.outbox_unbind() as its owner',
};

/** The outbox of one database: its partitions, as far as this process has them. */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #wakeUps = new WakeUps();
  readonly #store: PostgresOutbox;
  readonly #health: SourceHealth;
  readonly #listener: PostgresListener;
  readonly #lagWatch = new LagWatch(() => this.#measureLag());
  #attendance: Attendance | undefined;
  #partitions: Partitions | undefined;

  constructor(options: OutboxOptions) {
    this.#options = options;
    const { config, metrics, logger } = options;
    this.#health = new SourceHealth(logger, 'source', () => {
      metrics.countSourceFault();
    });
    const onFault = (err: OutcryError): void => {
      this.#health.fail(err);
    };
    this.#store = new PostgresOutbox({ ...config.postgres, onFault });
    this.#listener = new PostgresListener({
      url: config.postgres.url,
      onRows: (partition) => {
        this.#wakeUps.wake(partition);
      },
      onListening: () => {
        this.#wakeUps.wakeAll();
      },
      onFault,
    });
  }

  get isUp(): boolean {
    return this.#health.isUp;
  }

  notReady(): string | undefined {
    return this.#health.isUp ? this.#attendance?.refusal : 'the outbox cannot be read';
  }

  /** @throws OutcryError `badConfig` where the database is of no use, or of another cluster, or `unavailable`; `stop` is to be called then, too */
  async start(): Promise<void> {
    const source = await this.#store.open();
    this.#health.succeed();
    this.#attendance = this.#createAttendance(source);
    await this.#attendance.begin();
    this.#listener.start();
    this.#partitions = this.#createPartitions(source, this.#attendance);
    await this.#partitions.start();
    this.#lagWatch.start();
  }

  /** Ends what is under way and hands over. Never rejects. */
  async stop(): Promise<void> {
    this.#lagWatch.stop();
    await this.#partitions?.stop();
    await this.#listener.close();
    await this.#store.close();
  }

  #createAttendance(source: string): Attendance {
    const { identities, times, logger } = this.#options;
    return new Attendance({
      of: OF_ONE_CLUSTER,
      times,
      identities,
      by: `outbox/${source}`,
      list: this.#store,
      health: this.#health,
      logger,
    });
  }

  #createPartitions(source: string, attendance: Attendance): Partitions {
    const { lease, times, metrics, logger } = this.#options;
    const reader = this.#createReader();
    return new Partitions({
      names: Array.from({ length: OUTBOX_PARTITIONS }, (_, i) => String(i)),
      // Two databases may feed one cluster.
      leaseOf: (name) => `outbox/${source}/${name}`,
      service: attendance.service,
      roster: attendance,
      fenceOf: (name) => attendance.fenceOf(name),
      lease,
      times,
      read: (term) => reader.read(term),
      metrics,
      logger,
    });
  }

  #createReader(): OutboxReader {
    const { metrics, config } = this.#options;
    return new OutboxReader({
      store: this.#store,
      delivery: deliveryOf(this.#options, SENDER),
      wakeUps: this.#wakeUps,
      pollMs: config.pollMs,
      metrics,
      onFault: (err) => {
        this.#health.fail(err);
      },
    });
  }

  async #measureLag(): Promise<void> {
    const lag = await this.#health.watch(() => this.#store.measureLag());
    if (lag !== undefined) this.#options.metrics.setLag(lag);
  }
}
