import type { Lease } from '@outcry/broker';
import { type Logger, processName } from '@outcry/service';

import { HeldLease, takeLease, type TakenLease } from '../leases/held-lease.ts';
import type { LeaseTimes } from '../leases/lease-settings.ts';
import { unlessFaulty } from '../leases/unless-faulty.ts';
import { ReconcileLoop } from '../pacing/reconcile-loop.ts';
import { assignPartitions } from './assign-partitions.ts';
import { HeldPartition, type PartitionTerm } from './held-partition.ts';

/** Which services of this kind there are. Says nothing about who reads what: that is the leases' to say. */
export interface Roster {
  /** This service is present for so long. Resolves with all who are, or undefined where that cannot be told now. */
  attend(forMs: number): Promise<readonly string[] | undefined>;
  /** It is going. Never rejects. */
  leave(): Promise<void>;
}

export interface PartitionsMetrics {
  /** How many this process has. */
  setPartitions(count: number): void;
  setServices(count: number): void;
  countTakeover(): void;
}

export interface PartitionsOptions {
  readonly names: readonly string[];
  /** Of the lease of a partition. */
  readonly leaseOf: (name: string) => string;
  /** This service among those of the roster: names this run of it, and no other. */
  readonly service: string;
  readonly roster: Roster;
  readonly lease: Lease;
  /** The highest fence that what is read, or where it is written, has seen of a partition, as far as is known: a lease below that is of no use. */
  readonly fenceOf?: ((name: string) => number) | undefined;
  readonly times: LeaseTimes;
  /** Reads a partition until its term is over. Never rejects. */
  readonly read: (term: PartitionTerm) => Promise<void>;
  /** What is said of a partition with its lease, for whoever looks. */
  readonly figuresOf?: ((name: string) => Readonly<Record<string, number>> | undefined) | undefined;
  /** These are this service's, each as soon as nobody else has it. */
  readonly onAssigned?: ((names: readonly string[]) => void) | undefined;
  readonly metrics: PartitionsMetrics;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
}

/** Behind the end of a lease by the store's clock. */
const MIN_WAIT_MS = 5;

/**
 * Which partitions this process reads. At intervals it says that it is there, renews its leases, and divides the partitions
 * among all who are there: one that is its own it takes as soon as nobody holds it, one that is another's it hands over. Who
 * cannot be seen by the others any more gives up what it has: they would wait for it for ever.
 */
export class Partitions {
  readonly #options: PartitionsOptions;
  readonly #by = processName();
  readonly #held = new Map<string, HeldPartition>();
  readonly #leaving = new Set<Promise<void>>();
  readonly #loop = new ReconcileLoop(() => this.#settleAll());
  #attendedAt = -Infinity;
  /** The others may know of it. */
  #wasStarted = false;

  constructor(options: PartitionsOptions) {
    this.#options = options;
  }

  get held(): readonly string[] {
    return [...this.#held.keys()];
  }

  /** @throws OutcryError `unavailable`, or `closed`: then nothing runs */
  async start(): Promise<void> {
    const own = new Set(this.#options.names.map((name) => this.#options.leaseOf(name)));
    await this.#options.lease.watch((lease) => {
      if (own.has(lease)) this.hurry();
    });
    this.#wasStarted = true;
    this.#loop.start();
  }

  /** Something has changed: looks now rather than in a while. */
  hurry(): void {
    this.#loop.hurry();
  }

  /** Hands everything over, each when what is under way has come to its end. Never rejects. */
  async stop(): Promise<void> {
    await this.#loop.stop();
    // Where something else has failed before it began, the roster may be what cannot be had.
    if (this.#wasStarted) await this.#options.roster.leave();
    for (const name of this.held) this.#handOver(name);
    await Promise.all(this.#leaving);
  }

  /** Resolves with the time from its start until the next is due. */
  async #settleAll(): Promise<number> {
    const { names, service, roster, times, metrics } = this.#options;
    const askedAt = performance.now();
    const [services] = await Promise.all([
      roster.attend(times.leaseMs),
      ...[...this.#held].map(([name, held]) => this.#renew(name, held)),
    ]);
    if (services === undefined) {
      if (performance.now() - this.#attendedAt > times.leaseMs) for (const name of this.held) this.#handOver(name);
      return times.renewMs;
    }
    this.#attendedAt = askedAt;
    metrics.setServices(services.length);
    const assignment = assignPartitions(names, services);
    for (const name of this.held) if (assignment.get(name) !== service) this.#handOver(name);
    for (const [name, held] of this.#held) if (held.fence < this.#fenceOf(name)) this.#giveUp(name);
    const own = names.filter((name) => assignment.get(name) === service);
    this.#options.onAssigned?.(own);
    const waits = await Promise.all(own.map((name) => this.#take(name)));
    return Math.min(times.renewMs, ...waits.map((ms = Infinity) => Math.max(0, ms) + MIN_WAIT_MS));
  }

  /** Resolves with how long somebody else has it, at most, or undefined where it cannot be told. */
  async #take(name: string): Promise<number | undefined> {
    const { leaseOf, lease, times } = this.#options;
    if (this.#held.has(name)) return undefined;
    const above = this.#fenceOf(name);
    const answer = await takeLease(lease, { name: leaseOf(name), leaseMs: times.leaseMs, above });
    if (answer === undefined) return undefined;
    if ('heldForMs' in answer) return answer.heldForMs;
    if (this.#loop.isRunning) this.#begin(name, answer);
    else await unlessFaulty(lease.release(answer.grant));
    return undefined;
  }

  #begin(name: string, taken: TakenLease): void {
    const { lease, read, metrics, logger } = this.#options;
    const held: HeldPartition = new HeldPartition(
      new HeldLease(lease, taken, (reason) => {
        this.#lose(name, held, reason);
      }),
      name,
      read,
    );
    this.#held.set(name, held);
    metrics.countTakeover();
    metrics.setPartitions(this.#held.size);
    logger.info({ partition: name, fence: held.fence }, 'partition taken');
  }

  #renew(name: string, held: HeldPartition): Promise<void> {
    const figures = this.#options.figuresOf?.(name);
    return held.lease.renew({ by: this.#by, ...(figures === undefined ? {} : { figures }) });
  }

  /** It is another's, or may be. */
  #lose(name: string, held: HeldPartition, reason: string): void {
    if (!this.#forget(name, held)) return;
    this.#options.logger.warn({ partition: name, fence: held.fence, reason }, 'partition lost');
    void held.end();
  }

  /** It is closed to whoever has this lease, and is taken again with a higher fence. */
  #giveUp(name: string): void {
    this.#options.logger.warn({ partition: name, fence: this.#fenceOf(name) }, 'partition closed by a higher fence');
    this.#handOver(name);
  }

  #fenceOf(name: string): number {
    return this.#options.fenceOf?.(name) ?? 0;
  }

  #handOver(name: string): void {
    const held = this.#held.get(name);
    if (held === undefined || !this.#forget(name, held)) return;
    const leaving = held
      .end()
      .then(() => held.lease.release())
      .then(() => {
        this.#leaving.delete(leaving);
        this.#options.logger.info({ partition: name, fence: held.fence }, 'partition handed over');
      });
    this.#leaving.add(leaving);
  }

  #forget(name: string, held: HeldPartition): boolean {
    if (this.#held.get(name) !== held) return false;
    this.#held.delete(name);
    this.#options.metrics.setPartitions(this.#held.size);
    return true;
  }
}
