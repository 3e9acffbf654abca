/** A publisher, as it makes itself known. */
export interface RosterEntry {
  /** Never used twice: a publisher that was started again is another one. */
  readonly publisher: string;
  /** The symbols that it could publish now. */
  readonly offers: readonly string[];
}

export interface PresentPublisher extends RosterEntry {
  /** For how long it counts as present, unless it says so again. */
  readonly remainingMs: number;
}

/**
 * Which publishers there are and what each could publish, so that they can divide the symbols among themselves. Says nothing
 * about who leads: that is the leases' to say. Faults as those of a `Lease`.
 */
export interface PublisherRoster {
  /** This publisher is present for so long, with this on offer. Resolves with all who are, itself among them, in no order. */
  attend(entry: RosterEntry, leaseMs: number): Promise<readonly PresentPublisher[]>;
  /** This publisher is going: it counts as present no more. */
  leave(publisher: string): Promise<void>;
}
