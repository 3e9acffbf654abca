import type { Lease } from '@outcry/broker';
import type { Logger } from '@outcry/service';
import { HeldLease, takeLease } from '@outcry/worker';

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

/** The leader's place for one symbol, as far as this publisher has it. */
export class Seat {
  readonly #parts: SeatParts;
  #held: HeldLease | undefined;
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
    return this.#held !== undefined;
  }

  /** Tries to take the seat. Resolves with how long somebody else has it, at most, or undefined where it cannot be told. */
  async take(): Promise<number | undefined> {
    if (this.isLed || this.#isLeaving) return undefined;
    const { candidate, lease, leaseMs, metrics, logger } = this.#parts;
    const answer = await takeLease(lease, { name: this.symbol, leaseMs });
    if (answer === undefined) return undefined;
    if ('heldForMs' in answer) {
      await candidate.standBy();
      return answer.heldForMs;
    }
    const { fence } = answer.grant;
    this.#held = new HeldLease(lease, answer, (reason) => {
      this.lose(fence, reason);
    });
    metrics.setLeader(this.symbol, true);
    metrics.countTakeover(this.symbol);
    logger.info({ symbol: this.symbol, fence }, 'feed led');
    candidate.lead(fence);
    return undefined;
  }

  /** Nobody can be asked, or somebody else is to have it. */
  async standBy(): Promise<void> {
    if (!this.isLed) await this.#parts.candidate.standBy();
  }

  async renew(): Promise<void> {
    if (!this.#isLeaving) await this.#held?.renew({ by: this.#parts.by });
  }

  /** Lets the feed say what it holds, and gives the lease back. Never rejects. */
  async handOver(): Promise<void> {
    const held = this.#held;
    if (held === undefined || this.#isLeaving) return;
    const { candidate, logger } = this.#parts;
    this.#isLeaving = true;
    await candidate.standBy();
    if (this.#held === held) {
      this.#vacate();
      logger.info({ symbol: this.symbol, fence: held.grant.fence }, 'feed handed over');
      await held.release();
    }
    this.#isLeaving = false;
  }

  /** The feed is somebody else's, or may be. Does nothing where that was known. */
  lose(fence: number, reason: string): void {
    if (this.#held?.grant.fence !== fence) return;
    this.#vacate();
    this.#parts.logger.warn({ symbol: this.symbol, fence, reason }, 'feed lost to another publisher');
    this.#parts.candidate.cease();
  }

  #vacate(): void {
    this.#held?.end();
    this.#held = undefined;
    this.#parts.metrics.setLeader(this.symbol, false);
  }
}
