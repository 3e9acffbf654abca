import { type Lease, type LeaseGrant, OutcryError } from '@outcry/broker';
import type { Logger } from '@outcry/service';

import type { FeedMetrics } from '../observability/feed-metrics.ts';

/** A feed that may be led from here. */
export interface Candidate {
  readonly symbol: string;
  /** Whether it has a book that could be published now. */
  readonly isOffered: boolean;
  /** Publishes from now on, in a new epoch that begins with a snapshot. */
  lead(fence: number): void;
  /** Publishes what it holds, if it was led, and then nothing more. Never rejects. */
  standBy(): Promise<void>;
  /** Publishes nothing more, from now on. */
  cease(): void;
}

export interface SeatParts {
  readonly candidate: Candidate;
  readonly lease: Lease;
  readonly leaseMs: number;
  /** Which process this is, for people. */
  readonly by: string;
  readonly metrics: Pick<FeedMetrics, 'setLeader' | 'countTakeover'>;
  readonly logger: Logger;
}

/**
 * The leader's place for one symbol, as far as this publisher has it. It counts on its lease for no longer than since before
 * the last renewal that succeeded was asked for, by a clock that no time server moves.
 */
export class Seat {
  readonly #parts: SeatParts;
  #grant: LeaseGrant | undefined;
  /** Unix milliseconds. */
  #ledSince = 0;
  #deadline: NodeJS.Timeout | undefined;
  /** Called to hand over; not to be taken or renewed before that is done. */
  #isLeaving = false;

  constructor(parts: SeatParts) {
    this.#parts = parts;
    parts.metrics.setLeader(this.symbol, false);
  }

  get symbol(): string {
    return this.#parts.candidate.symbol;
  }

  get isOffered(): boolean {
    return this.#parts.candidate.isOffered;
  }

  get isLed(): boolean {
    return this.#grant !== undefined;
  }

  /** Tries to take the seat. Resolves with how long somebody else has it, at most, or undefined where it cannot be told. */
  async take(): Promise<number | undefined> {
    if (this.isLed || this.#isLeaving) return undefined;
    const { candidate, lease, leaseMs, metrics, logger } = this.#parts;
    const askedAt = performance.now();
    const answer = await unlessFaulty(lease.acquire(this.symbol, leaseMs));
    if (answer === undefined) return undefined;
    if ('heldForMs' in answer) {
      await candidate.standBy();
      return answer.heldForMs;
    }
    if (performance.now() - askedAt >= leaseMs) {
      // It is over, or about to be: whoever comes next need not wait for its end.
      await unlessFaulty(lease.release(answer));
      return undefined;
    }
    this.#grant = answer;
    this.#ledSince = Date.now();
    this.#countOn(answer, askedAt);
    metrics.setLeader(this.symbol, true);
    metrics.countTakeover(this.symbol);
    logger.info({ symbol: this.symbol, fence: answer.fence }, 'feed led');
    candidate.lead(answer.fence);
    return undefined;
  }

  /** Nobody can be asked, or somebody else is to have it. */
  async standBy(): Promise<void> {
    if (!this.isLed) await this.#parts.candidate.standBy();
  }

  async renew(): Promise<void> {
    const grant = this.#grant;
    if (grant === undefined || this.#isLeaving) return;
    const askedAt = performance.now();
    const { lease, by } = this.#parts;
    const isHeld = await unlessFaulty(lease.renew(grant, { by, since: this.#ledSince }));
    if (isHeld === true) this.#countOn(grant, askedAt);
    if (isHeld === false) this.lose(grant.fence, 'the lease is not held any more');
  }

  /** Lets the feed say what it holds, and gives the lease back. Never rejects. */
  async handOver(): Promise<void> {
    const grant = this.#grant;
    if (grant === undefined || this.#isLeaving) return;
    const { candidate, lease, logger } = this.#parts;
    this.#isLeaving = true;
    await candidate.standBy();
    if (this.#grant === grant) {
      this.#vacate();
      logger.info({ symbol: this.symbol, fence: grant.fence }, 'feed handed over');
      // Where it cannot be released, it ends with its time.
      await unlessFaulty(lease.release(grant));
    }
    this.#isLeaving = false;
  }

  /** The feed is somebody else's, or may be. Does nothing where that was known. */
  lose(fence: number, reason: string): void {
    if (this.#grant?.fence !== fence) return;
    this.#vacate();
    this.#parts.logger.warn({ symbol: this.symbol, fence, reason }, 'feed lost to another publisher');
    this.#parts.candidate.cease();
  }

  #countOn(grant: LeaseGrant, since: number): void {
    if (this.#grant !== grant) return;
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(
      () => {
        this.lose(grant.fence, 'the lease could not be renewed');
      },
      since + grant.leaseMs - performance.now(),
    );
  }

  #vacate(): void {
    clearTimeout(this.#deadline);
    this.#grant = undefined;
    this.#parts.metrics.setLeader(this.symbol, false);
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
