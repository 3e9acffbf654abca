import type { ServiceList } from '@outcry/worker';

import type { InboundMessage, Refusal } from '../delivery/inbound-message.ts';

export interface PageRequest {
  readonly partition: string;
  /** Of the lease under which it is read. */
  readonly fence: number;
}

/**
 * The rows that wait to be published. Every call rejects with an `OutcryError` of code `unavailable` where the database cannot
 * be asked; it may have been carried out all the same.
 */
export interface OutboxStore extends ServiceList {
  /** Closes a partition to everybody who has a lower fence. */
  claim(request: PageRequest): Promise<void>;
  /**
   * The oldest rows of a partition, in the order of their commits: of those that are committed none is left out that comes before
   * the last. Rejects with an `OutcryError` of code `fenced` where somebody with a higher fence has claimed it.
   */
  read(request: PageRequest): Promise<readonly InboundMessage[]>;
  /** Removes what was published, and puts aside what was refused. Rows that are gone are none of its business. */
  settle(outcome: { readonly published: readonly string[]; readonly refused: readonly Refusal[] }): Promise<void>;
  /** What waits: rows, up to a bound, and the age of the oldest. */
  measureLag(): Promise<{ readonly rows: number; readonly seconds: number }>;
}
