/** The right to do what one alone may do, until it is released or not renewed in time. */
export interface LeaseGrant {
  readonly name: string;
  /**
   * Names this acquisition, and orders it: higher than that of every earlier one of the name. Whatever it protects refuses
   * those who come with a lower number than it has seen, so that a holder that was frozen and wakes does no harm.
   */
  readonly fence: number;
  readonly leaseMs: number;
}

export interface LeaseRefusal {
  /** When the lease ends unless its holder renews it: before that it is no use to ask again, unless it is released. */
  readonly heldForMs: number;
}

/** What the holder of a lease says of itself, for people. */
export interface LeaseNote {
  /** Which process it is. */
  readonly by: string;
  /** Unix milliseconds, by its own clock: since when it has the lease. */
  readonly since: number;
  /** What it does with it, in numbers: a few, by names that whoever reads them knows. */
  readonly figures?: Readonly<Record<string, number>>;
}

/** A lease that somebody has. */
export interface LeaseHolding {
  readonly heldForMs: number;
  /** Absent where the holder says nothing of itself, or has not yet. */
  readonly note?: LeaseNote;
}

/**
 * Leases by name, of which each has one holder at most. Time is the store's; a holder's own clock only tells it when to stop
 * counting on a lease that it could not renew.
 *
 * Numbers go up whatever happens to the lease, and where the store has lost its data or the last grants, too: they are drawn
 * from its clock, and only one that was set back meanwhile could give a lower one.
 *
 * Every call rejects with an `OutcryError` of code `unavailable` where the store cannot be asked, or `closed`; it may have been
 * carried out all the same. A grant that nobody heard of ends with its time.
 */
export interface Lease {
  /**
   * Takes the lease if nobody has it. Whoever has it already is refused like anybody else: grants are renewed.
   *
   * @param above is the highest fence that what it protects has seen: that may know a later one than the store, whose clock was set back, or
   * which is another one since
   */
  acquire(name: string, leaseMs: number, above?: number): Promise<LeaseGrant | LeaseRefusal>;
  /**
   * Makes the lease last for its whole time from now on. False where it is lost: it is never this grant's again.
   *
   * @param note is shown to whoever looks for as long as the lease lasts, or until the next one
   */
  renew(grant: LeaseGrant, note?: LeaseNote): Promise<boolean>;
  /** Ends the lease, and tells those who watch. Does nothing where it is lost already. */
  release(grant: LeaseGrant): Promise<void>;
  /**
   * Calls back with the name of each lease that is released, once per node. At most once each, so it is a hint; one that
   * runs out is told by nobody.
   */
  watch(onReleased: (name: string) => void): Promise<void>;
}

/** For whoever looks, and takes none. Rejects as a `Lease` does. */
export interface LeaseFinder {
  /** Who has each of the leases, in their order; undefined where nobody has. */
  find(names: readonly string[]): Promise<readonly (LeaseHolding | undefined)[]>;
}
