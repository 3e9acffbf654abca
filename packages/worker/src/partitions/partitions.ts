import { type Lease, type LeaseGrant, OutcryError } from '@outcry/broker';
import { type Logger, processName } from '@outcry/service';

import { assignPartitions } from './assign-partitions.ts';
import { HeldPartition, type PartitionTerm } from './held-partition.ts';

export interface LeaseTimes {
  /** After so long without a renewal another service takes over. */
  readonly leaseMs: number;
  /** How often leases are renewed, and the other services looked at. Half of `leaseMs`, or less. */
  readonly renewMs: number;
}

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
  #attendedAt = -Infinity;
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> | undefined;
  #mustLookAgain = false;
  #isRunning = false;
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
    this.#isRunning = true;
    this.#wasStarted = true;
    this.hurry();
  }

  /** Something has changed: looks now rather than in a while. */
  hurry(): void {
    if (!this.#isRunning) return;
    this.#mustLookAgain = this.#round !== undefined;
    if (!this.#mustLookAgain) this.#look();
  }

  /** Hands everything over, each when what is under way has come to its end. Never rejects. */
  async stop(): Promise<void> {
    this.#isRunning = false;
    clearTimeout(this.#timer);
    await this.#round;
    // Where something else has failed before it began, the roster may be what cannot be had.
    if (this.#wasStarted) await this.#options.roster.leave();
    for (const name of this.held) this.#handOver(name);
    await Promise.all(this.#leaving);
  }

  #look(): void {
    clearTimeout(this.#timer);
    const startedAt = performance.now();
    this.#round = this.#settleAll().then((waitMs) => {
      this.#round = undefined;
      if (!this.#isRunning) return;
      const leftMs = this.#mustLookAgain ? 0 : Math.max(0, waitMs - (performance.now() - startedAt));
      this.#mustLookAgain = false;
      this.#timer = setTimeout(() => {
        this.#look();
      }, leftMs);
    });
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
    for (const [name, held] of this.#held) if (held.grant.fence < this.#fenceOf(name)) this.#giveUp(name);
    const own = names.filter((name) => assignment.get(name) === service);
    this.#options.onAssigned?.(own);
    const waits = await Promise.all(own.map((name) => this.#take(name)));
    return Math.min(times.renewMs, ...waits.map((ms = Infinity) => Math.max(0, ms) + MIN_WAIT_MS));
  }

  /** Resolves with how long somebody else has it, at most, or undefined where it cannot be told. */
  async #take(name: string): Promise<number | undefined> {
    const { leaseOf, lease, times } = this.#options;
    if (this.#held.has(name)) return undefined;
    const askedAt = performance.now();
    const answer = await unlessFaulty(lease.acquire(leaseOf(name), times.leaseMs, this.#fenceOf(name)));
    if (answer === undefined) return undefined;
    if ('heldForMs' in answer) return answer.heldForMs;
    if (!this.#isRunning || performance.now() - askedAt >= times.leaseMs) {
      // It is over, or about to be: whoever comes next need not wait for its end.
      await unlessFaulty(lease.release(answer));
      return undefined;
    }
    this.#begin(name, answer, askedAt);
    return undefined;
  }

  #begin(name: string, grant: LeaseGrant, askedAt: number): void {
    const { read, metrics, logger } = this.#options;
    const held = new HeldPartition(grant, name, read);
    this.#held.set(name, held);
    this.#countOn(name, held, askedAt);
    metrics.countTakeover();
    metrics.setPartitions(this.#held.size);
    logger.info({ partition: name, fence: grant.fence }, 'partition taken');
  }

  async #renew(name: string, held: HeldPartition): Promise<void> {
    const askedAt = performance.now();
    const { lease, figuresOf } = this.#options;
    const figures = figuresOf?.(name);
    const note = { by: this.#by, since: held.since, ...(figures === undefined ? {} : { figures }) };
    const isHeld = await unlessFaulty(lease.renew(held.grant, note));
    if (isHeld === true) this.#countOn(name, held, askedAt);
    if (isHeld === false) this.#lose(name, held, 'the lease is not held any more');
  }

  #countOn(name: string, held: HeldPartition, since: number): void {
    held.countOn(since, () => {
      this.#lose(name, held, 'the lease could not be renewed');
    });
  }

  /** It is another's, or may be. */
  #lose(name: string, held: HeldPartition, reason: string): void {
    if (!this.#forget(name, held)) return;
    this.#options.logger.warn({ partition: name, fence: held.grant.fence, reason }, 'partition lost');
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
      .then(() => unlessFaulty(this.#options.lease.release(held.grant)))
      .then(() => {
        this.#leaving.delete(leaving);
        this.#options.logger.info({ partition: name, fence: held.grant.fence }, 'partition handed over');
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

/** Undefined where the store could not be asked: that is not known to have happened, and is tried again. */
async function unlessFaulty<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (err) {
    if (err instanceof OutcryError) return undefined;
    throw err;
  }
}
