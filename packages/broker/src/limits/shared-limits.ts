/** What one subject (a user, an address) wants to have at this node. */
export interface HoldRequest {
  /** At most 255 bytes; without a slash. */
  readonly subject: string;
  /** All connections of the subject at this node, the one that it is about included. */
  readonly own: number;
  /** Connections that the subject may have in the cluster. */
  readonly max: number;
}

/** What a subject has used of what it may in a time. */
export interface SpendRequest {
  /** As in `HoldRequest`. */
  readonly subject: string;
  readonly amount: number;
  /** In the window, and as much at once. */
  readonly max: number;
  readonly windowMs: number;
}

/**
 * Counts of what subjects have and do in the whole cluster.
 *
 * Each node has its own count of a subject's connections here, as an absolute number: so one that was lost is right again with
 * the next. Counts of a node that is not on the roster any more do not count, and are removed when they would. A node is
 * on the roster before it holds anything.
 *
 * Faults reject with an `OutcryError` of code `unavailable`, or `closed`.
 */
export interface SharedLimits {
  /** Sets this node's count, unless the nodes' counts together would be more than `max`: then false, and nothing is changed. */
  hold(node: string, request: HoldRequest): Promise<boolean>;
  /** Sets this node's count, whatever the others have. 0 removes it. */
  set(node: string, subject: string, own: number): Promise<void>;
  /** One more event of the subject; false where they come faster than so many a minute, after a burst of as many. */
  pass(subject: string, perMinute: number): Promise<boolean>;
  /**
   * Counts what the subject has used already, so also where it is too much: that is paid back with time, and is never more than
   * another `max`. Resolves with the ms until the subject is within its means again; 0 where it is.
   */
  spend(request: SpendRequest): Promise<number>;
}
