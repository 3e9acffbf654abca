import type { HeldLease } from '../leases/held-lease.ts';

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
  readonly lease: HeldLease;
  readonly #ending = new AbortController();
  readonly #reading: Promise<void>;

  /** @param read Resolves soon after its term's signal has aborted, and never rejects. */
  constructor(lease: HeldLease, partition: string, read: (term: PartitionTerm) => Promise<void>) {
    this.lease = lease;
    this.#reading = read({ partition, fence: this.fence, signal: this.#ending.signal });
  }

  get fence(): number {
    return this.lease.grant.fence;
  }

  /** Resolves when nothing of it is under way any more. */
  end(): Promise<void> {
    this.lease.end();
    this.#ending.abort();
    return this.#reading;
  }
}
