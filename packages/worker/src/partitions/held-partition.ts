import type { LeaseGrant } from '@outcry/broker';

/** A time for which this process reads a partition. */
export interface PartitionTerm {
  readonly partition: string;
  /** Of the lease: higher than that of whoever read it before. */
  readonly fence: number;
  /** Aborts when nothing more is to be begun. */
  readonly signal: AbortSignal;
}

/** A partition while its lease is held, and the reading of it. */
export class HeldPartition {
  readonly grant: LeaseGrant;
  /** Unix milliseconds. */
  readonly since = Date.now();
  readonly #ending = new AbortController();
  readonly #reading: Promise<void>;
  #deadline: NodeJS.Timeout | undefined;

  /** @param read Resolves soon after its term's signal has aborted, and never rejects. */
  constructor(grant: LeaseGrant, partition: string, read: (term: PartitionTerm) => Promise<void>) {
    this.grant = grant;
    this.#reading = read({ partition, fence: grant.fence, signal: this.#ending.signal });
  }

  get isOver(): boolean {
    return this.#ending.signal.aborted;
  }

  /** The lease is counted on for its time from before it was asked for, by a clock that no time server moves. */
  countOn(since: number, onExpired: () => void): void {
    if (this.isOver) return;
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(onExpired, since + this.grant.leaseMs - performance.now());
  }

  /** Resolves when nothing of it is under way any more. */
  end(): Promise<void> {
    clearTimeout(this.#deadline);
    this.#ending.abort();
    return this.#reading;
  }
}
