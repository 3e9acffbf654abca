import type { ArchiveMetrics, StoredCount } from '../observability/archive-metrics.ts';
import type { Gap } from '../store/archive-store.ts';

type Counted = Pick<ArchiveMetrics, 'countStored' | 'countGaps' | 'countExpired' | 'countFault' | 'setBacklog'>;

/** Counts what is counted of one partition by itself as well, since it was taken: what is said of it with its lease. */
export class PartitionFigures implements Counted {
  readonly #metrics: Counted;
  #stored = 0;
  #gaps = 0;
  #waiting = 0;
  #lagMs = 0;

  constructor(metrics: Counted) {
    this.#metrics = metrics;
  }

  /** Messages that were written, holes that were noted, messages that wait as last seen, and how old the oldest of the last batch was. */
  get all(): Readonly<Record<'stored' | 'gaps' | 'waiting' | 'lagMs', number>> {
    return { stored: this.#stored, gaps: this.#gaps, waiting: this.#waiting, lagMs: this.#lagMs };
  }

  countStored(count: StoredCount): void {
    this.#metrics.countStored(count);
    this.#stored += count.stored;
    if (count.stored > 0) this.#lagMs = Math.max(0, Date.now() - count.oldest);
  }

  countGaps(gaps: readonly Pick<Gap, 'reason'>[]): void {
    this.#metrics.countGaps(gaps);
    this.#gaps += gaps.length;
  }

  countExpired(messages: number): void {
    this.#metrics.countExpired(messages);
  }

  countFault(): void {
    this.#metrics.countFault();
  }

  setBacklog(partition: string, messages: number): void {
    this.#metrics.setBacklog(partition, messages);
    this.#waiting = messages;
  }
}
