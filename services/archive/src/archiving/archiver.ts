import {
  ARCHIVE_IDENTITY,
  ARCHIVE_PARTITIONS,
  archiveLease,
  type ArchiveSource,
  type ClusterIdentities,
  type Lease,
  OutcryError,
} from '@outcry/broker';
import type { Logger } from '@outcry/service';
import {
  Attendance,
  Backoff,
  delay,
  type LeaseTimes,
  type OneClusters,
  Partitions,
  type PartitionTerm,
  SourceHealth,
  WakeUps,
} from '@outcry/worker';

import type { ArchiveMetrics } from '../observability/archive-metrics.ts';
import { PostgresArchive, type PostgresOptions } from '../store/postgres/postgres-archive.ts';
import { PartitionFigures } from './partition-figures.ts';
import { ArchiveTerm, type ArchivingTimes } from './archive-term.ts';
import { StalledPartitions } from './stalled-partitions.ts';

export interface ArchiverOptions {
  readonly postgres: PostgresOptions;
  readonly source: ArchiveSource;
  readonly identities: ClusterIdentities;
  readonly lease: Lease;
  readonly leases: LeaseTimes;
  readonly archiving: ArchivingTimes;
  readonly metrics: ArchiveMetrics;
  readonly logger: Logger;
}

/** Its partitions are looked at in each interval of the list; behind that, and so many leases more, something keeps one from being archived. */
const STALLED_LEASES = 5;
/** In the words of an operator. */
const OF_ONE_CLUSTER: OneClusters = {
  thing: 'database',
  setting: 'OUTCRY_ARCHIVE_URL',
  role: 'archive',
  unbind: 'say SELECT outcry.archive_unbind() as its owner',
};

/** The archive of one cluster: its partitions, as far as this process has them. */
export class Archiver {
  readonly #options: ArchiverOptions;
  readonly #wakeUps = new WakeUps();
  readonly #store: PostgresArchive;
  readonly #health: SourceHealth;
  readonly #attendance: Attendance;
  readonly #partitions: Partitions;
  /** Of the partitions that it has. */
  readonly #figures = new Map<string, PartitionFigures>();
  readonly #stalled = new StalledPartitions();

  constructor(options: ArchiverOptions) {
    this.#options = options;
    const { postgres, identities, lease, leases: times, metrics, logger } = options;
    this.#health = new SourceHealth(logger, 'database', () => {
      metrics.countFault();
    });
    this.#store = new PostgresArchive({
      ...postgres,
      onFault: (err) => {
        this.#health.fail(err);
      },
      onIndexed: (index, seconds) => {
        logger.info({ index, seconds }, 'search index made');
      },
      onIndexFault: (err) => {
        logger.warn({ err }, 'search indexes not made');
      },
    });
    this.#attendance = new Attendance({
      of: OF_ONE_CLUSTER,
      times,
      identities,
      by: ARCHIVE_IDENTITY,
      list: this.#store,
      health: this.#health,
      logger,
    });
    this.#partitions = new Partitions({
      names: Array.from({ length: ARCHIVE_PARTITIONS }, (_, i) => String(i)),
      leaseOf: archiveLease,
      service: this.#attendance.service,
      roster: this.#attendance,
      lease,
      fenceOf: (name) => this.#attendance.fenceOf(name),
      onAssigned: (names) => {
        this.#stalled.assign(names);
      },
      times,
      read: (term) => this.#archive(term),
      figuresOf: (name) => this.#figures.get(name)?.all,
      metrics,
      logger,
    });
  }

  get isUp(): boolean {
    return this.#health.isUp;
  }

  notReady(): string | undefined {
    if (!this.#health.isUp) return 'the archive cannot be written';
    return this.#attendance.refusal ?? this.#whyStalled();
  }

  /** For how long a partition has not been archived that is this service's, where it is longest. */
  get stalledMs(): number {
    return this.#stalled.longest?.ms ?? 0;
  }

  /** @throws OutcryError `badConfig` where the database is of no use, or `unavailable`; `stop` is to be called then, too */
  async start(): Promise<void> {
    await this.#store.open();
    this.#health.succeed();
    await this.#attendance.begin();
    await this.#partitions.start();
  }

  /** Ends what is under way and hands over. Never rejects. */
  async stop(): Promise<void> {
    await this.#partitions.stop();
    await this.#store.close();
  }

  async #archive(term: PartitionTerm): Promise<void> {
    const { source, archiving } = this.#options;
    const metrics = new PartitionFigures(this.#options.metrics);
    this.#figures.set(term.partition, metrics);
    const backoff = new Backoff();
    while (!term.signal.aborted) {
      try {
        await new ArchiveTerm(term, {
          source,
          store: this.#store,
          wakeUps: this.#wakeUps,
          metrics,
          onArchived: () => {
            this.#stalled.handleArchived(term.partition);
          },
          ...archiving,
        }).run();
      } catch (err) {
        if (!(err instanceof OutcryError)) throw err;
        // Whoever claimed it has the lease, which this process is told by the lease itself; or the database knows a later fence than Redis
        // gave, and the lease is taken anew above that. Whether it is the database, its own calls say.
        metrics.countFault();
        const isFenced = err.code === 'fenced';
        const what = isFenced
          ? 'archiving interrupted: a higher fence has closed the partition'
          : 'archiving interrupted';
        this.#options.logger.warn({ err, partition: term.partition }, what);
        await delay(backoff.nextMs(), term.signal);
      }
    }
    // It may have been taken again meanwhile.
    if (this.#figures.get(term.partition) !== metrics) return;
    this.#figures.delete(term.partition);
    metrics.setBacklog(term.partition, 0);
  }

  #whyStalled(): string | undefined {
    const { archiving, leases } = this.#options;
    const { longest } = this.#stalled;
    if (longest === undefined || longest.ms < archiving.pollMs + STALLED_LEASES * leases.leaseMs) return undefined;
    const seconds = Math.round(longest.ms / 1000);
    return `partition ${longest.partition} has not been archived for ${String(seconds)} s: the log says why`;
  }
}
