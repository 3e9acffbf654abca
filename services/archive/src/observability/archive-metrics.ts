import { ServiceMetrics } from '@outcry/service';

import { type Gap, GapReason } from '../store/archive-store.ts';

export interface ArchiveMetricsOptions {
  /** Read when the metrics are. */
  readonly isBrokerUp: () => boolean;
  /** Read when the metrics are. */
  readonly isStoreUp: () => boolean;
  /** Read when the metrics are: for how long a partition has not been archived. */
  readonly stalledMs: () => number;
}

export interface StoredCount {
  readonly stored: number;
  /** Those that were kept already. */
  readonly known: number;
  /** When the oldest of them was numbered, in Unix milliseconds; infinite where there is none. */
  readonly oldest: number;
}

const MS_PER_SECOND = 1000;
const LAG_BUCKETS_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600, 3600];

/** What the service counts, in a registry of its own. No label has more values than the source code has. */
export class ArchiveMetrics {
  readonly #all = new ServiceMetrics('archive');
  readonly #rows = this.#all.counter('rows_total', 'Messages that were written.');
  readonly #known = this.#all.counter('known_rows_total', 'Messages that were read and had been written before.');
  readonly #gaps = this.#all.counter(
    'gaps_total',
    'Holes that were noted: what was gone before it was read, and numberings that ended.',
    'reason',
  );
  readonly #expired = this.#all.counter(
    'expired_rows_total',
    'Messages that were deleted, as their rooms keep none so old.',
  );
  readonly #faults = this.#all.counter(
    'faults_total',
    'Calls of the database or of Redis that failed, and were made again.',
  );
  readonly #takeovers = this.#all.counter('takeovers_total', 'Times this process began to archive a partition.');
  readonly #partitions = this.#all.gauge('partitions', 'Partitions that this process archives.');
  readonly #services = this.#all.gauge('services', 'Services of this kind that are present, when it last could look.');
  readonly #lagMessages = this.#all.gauge(
    'lag_messages',
    'Messages that are stored and not archived yet, as last seen.',
  );
  readonly #lagSeconds = this.#all.histogram(
    'lag_seconds',
    'Age of the oldest message of a batch when the batch was written.',
    { buckets: LAG_BUCKETS_SECONDS },
  );
  readonly #backlogs = new Map<string, number>();

  constructor({ isBrokerUp, isStoreUp, stalledMs }: ArchiveMetricsOptions) {
    this.#all.watch('broker_up', '1 while Redis can be used.', isBrokerUp);
    this.#all.watch('store_up', '1 while the database can be used.', isStoreUp);
    this.#all.watch(
      'stalled_seconds',
      'For how long a partition that is to be archived by this process has not been, at most.',
      () => stalledMs() / MS_PER_SECOND,
    );
    this.#all.addProcess();
    // A series that begins with 1 has not risen.
    for (const reason of Object.values(GapReason)) this.#gaps.inc({ reason }, 0);
  }

  countStored({ stored, known, oldest }: StoredCount): void {
    this.#rows.inc(stored);
    this.#known.inc(known);
    if (stored > 0) this.#lagSeconds.observe(Math.max(0, (Date.now() - oldest) / MS_PER_SECOND));
  }

  countGaps(gaps: readonly Pick<Gap, 'reason'>[]): void {
    for (const { reason } of gaps) this.#gaps.inc({ reason });
  }

  countExpired(messages: number): void {
    this.#expired.inc(messages);
  }

  countFault(): void {
    this.#faults.inc();
  }

  countTakeover(): void {
    this.#takeovers.inc();
  }

  setPartitions(count: number): void {
    this.#partitions.set(count);
  }

  setServices(count: number): void {
    this.#services.set(count);
  }

  /** Of one partition: the gauge is the sum over those that this process archives. */
  setBacklog(partition: string, messages: number): void {
    this.#backlogs.set(partition, messages);
    this.#lagMessages.set([...this.#backlogs.values()].reduce((sum, count) => sum + count, 0));
  }

  /** Everything in the Prometheus text format. */
  expose(): Promise<string> {
    return this.#all.expose();
  }
}
