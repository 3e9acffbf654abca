import { type EventJournal, type Holder, type JournalEntry, PARTITION_COUNT, type Settlement } from '@outcry/broker';
import { HookFailure } from '@outcry/webhook';
import { Backoff, delay, type PartitionTerm, type WakeUps } from '@outcry/worker';

import { type Delivery, isUnwanted } from '../delivery/delivery.ts';
import type { WrittenEvent } from '../event/to-events.ts';
import { DeadReason, type EventsMetrics } from '../observability/events-metrics.ts';
import { Portion } from './portion.ts';
import type { SendingConfig } from './settings.ts';

export interface SendingTermOptions extends SendingConfig {
  readonly journal: EventJournal;
  readonly delivery: Pick<Delivery, 'tell'>;
  /** By the name of the term: that there may be something. */
  readonly wakeUps: WakeUps;
  readonly metrics: Pick<
    EventsMetrics,
    'countTold' | 'countFailure' | 'countDead' | 'countLost' | 'setBacklog' | 'setOldest'
  >;
  readonly onTold: () => void;
  readonly onFailure: (failure: HookFailure) => void;
}

/** What is stored is kept by a claim for a week; and by then another one has been seen, if there is one. */
const CLAIM_EVERY_MS = 60 * 60 * 1000;
/** The longest wait before the server is asked again: so much later than it does it knows, at most. */
const MAX_RETRY_WAIT_MS = 5000;

const PARTITIONS = Array.from({ length: PARTITION_COUNT }, (_, partition) => partition);

/** The sending for as long as a term lasts, or until the journal fails: what it knows is of no use behind that. */
export class SendingTerm {
  readonly #options: SendingTermOptions;
  readonly #term: PartitionTerm;
  readonly #backoff = new Backoff({ maxMs: MAX_RETRY_WAIT_MS });
  /** Partitions that may have something, those that have waited longest first. */
  readonly #active = new Set<number>();
  #claimAt = -Infinity;
  #sweepAt = -Infinity;

  constructor(term: PartitionTerm, options: SendingTermOptions) {
    this.#term = term;
    this.#options = options;
  }

  /** The store may have lost its last writes since: it is asked before anything else. */
  doubt(): void {
    this.#claimAt = -Infinity;
  }

  /** Resolves when the term is over. @throws OutcryError where the journal fails, or another one has it */
  async run(): Promise<void> {
    const { wakeUps, journal, pollMs, gatherMs } = this.#options;
    const { partition: name, signal } = this.#term;
    try {
      await Promise.all(PARTITIONS.map((partition) => this.#watch(partition)));
      while (!signal.aborted) {
        wakeUps.arm(name);
        await this.#claim();
        const portions = await this.#gather();
        if (portions.length > 0) {
          await this.#send(portions);
          continue;
        }
        await wakeUps.wait(name, pollMs, signal);
        await delay(gatherMs, signal);
      }
    } finally {
      this.#options.metrics.setBacklog(0);
      this.#options.metrics.setOldest(undefined);
      await Promise.all(PARTITIONS.map((partition) => journal.unwatch(partition)));
    }
  }

  #watch(partition: number): Promise<void> {
    const { journal, wakeUps } = this.#options;
    return journal.watch(partition, () => {
      this.#active.add(partition);
      wakeUps.wake(this.#term.partition);
    });
  }

  async #claim(): Promise<void> {
    const now = performance.now();
    if (now < this.#claimAt) return;
    // Before it is done: what is doubted meanwhile is claimed again.
    this.#claimAt = now + CLAIM_EVERY_MS;
    await Promise.all(PARTITIONS.map((partition) => this.#options.journal.claim(this.#holderOf(partition))));
  }

  /** A batch, of those that have waited longest. */
  async #gather(): Promise<readonly Portion[]> {
    const { journal, maxBatch, metrics, pollMs } = this.#options;
    const now = performance.now();
    if (now >= this.#sweepAt) {
      for (const partition of PARTITIONS) this.#active.add(partition);
      this.#sweepAt = now + pollMs;
    }
    const asked = [...this.#active];
    this.#active.clear();
    const pages = await Promise.all(
      asked.map(async (partition) => ({
        partition,
        page: await journal.read(this.#holderOf(partition), maxBatch),
      })),
    );
    metrics.setBacklog(pages.reduce((sum, { page }) => sum + page.size, 0));
    metrics.setOldest(oldestOf(pages.flatMap(({ page }) => page.entries.slice(0, 1))));
    const portions: Portion[] = [];
    let left = maxBatch;
    for (const { partition, page } of pages) {
      if (page.size === 0 && page.missing === undefined) continue;
      // Looked at again in any case: behind a batch there may be more.
      this.#active.add(partition);
      if (left === 0) continue;
      const portion = new Portion(partition, page, left);
      left -= portion.entries.length;
      portions.push(portion);
    }
    this.#moveBehind(portions);
    return portions;
  }

  /** Those that have had their turn come behind those that have not. */
  #moveBehind(portions: readonly Portion[]): void {
    for (const { partition } of portions) {
      this.#active.delete(partition);
      this.#active.add(partition);
    }
  }

  /** Resolves when all of it is told, or what is too old is given up, or the term is over. */
  async #send(portions: readonly Portion[]): Promise<void> {
    const { signal } = this.#term;
    const events = portions.flatMap((portion) => portion.events);
    while (!signal.aborted) {
      try {
        const unwanted = events.length === 0 ? [] : await this.#tell(events);
        this.#backoff.reset();
        this.#options.onTold();
        await this.#settleTold(portions, new Set(unwanted.map(({ id }) => id)));
        return;
      } catch (err) {
        if (!(err instanceof HookFailure)) throw err;
        this.#options.metrics.countFailure(err.kind);
        this.#options.onFailure(err);
      }
      if (await this.#giveUpLate(portions)) return;
      await delay(this.#backoff.nextMs(), signal);
    }
  }

  /** Resolves with those that the server does not want: each was told by itself. @throws HookFailure */
  async #tell(events: readonly WrittenEvent[]): Promise<readonly WrittenEvent[]> {
    try {
      await this.#options.delivery.tell(events);
    } catch (err) {
      if (!(err instanceof HookFailure) || !isUnwanted(err)) throw err;
      if (events.length === 1) return events;
      const half = Math.ceil(events.length / 2);
      return [...(await this.#tell(events.slice(0, half))), ...(await this.#tell(events.slice(half)))];
    }
    this.#options.metrics.countTold(events);
    return [];
  }

  async #settleTold(portions: readonly Portion[], unwanted: ReadonlySet<string>): Promise<void> {
    const { metrics } = this.#options;
    await Promise.all(portions.map((portion) => this.#settle(portion, portion.told(unwanted))));
    metrics.countDead(DeadReason.Unwanted, unwanted.size);
    for (const { page } of portions) metrics.countLost(page.missing);
    metrics.setBacklog(portions.reduce((sum, { rest }) => sum + rest, 0));
  }

  /** Resolves with whether there was anything. */
  async #giveUpLate(portions: readonly Portion[]): Promise<boolean> {
    const before = Date.now() - this.#options.retryMs;
    const settled = await Promise.all(
      portions.map(async (portion) => {
        const settlement = portion.givenUp(before);
        if (settlement === undefined) return 0;
        await this.#settle(portion, settlement);
        return settlement.dead.length;
      }),
    );
    const letters = settled.reduce((sum, count) => sum + count, 0);
    this.#options.metrics.countDead(DeadReason.Late, letters);
    return settled.some((count) => count > 0);
  }

  #settle({ partition, page }: Portion, settlement: Settlement): Promise<void> {
    return this.#options.journal.settle(this.#holderOf(partition), page, settlement);
  }

  #holderOf(partition: number): Holder {
    return { partition, fence: this.#term.fence };
  }
}

function oldestOf(entries: readonly JournalEntry[]): number | undefined {
  return entries.length === 0 ? undefined : Math.min(...entries.map(({ at }) => at));
}
