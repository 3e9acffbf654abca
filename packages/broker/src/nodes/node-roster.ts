/** What a gateway says of itself. */
export interface NodeEntry {
  /** Never used twice: a process that starts again comes under another one. */
  readonly id: string;
  /** What the operator wants to know of it, as text of the caller's own. */
  readonly report: string;
}

/**
 * Which gateways there are. Faults reject with an `OutcryError` of code `unavailable`, or `closed`; the call may have been
 * carried out all the same.
 */
export interface NodeRoster {
  /**
   * This node is present for so long, unless it says so again. Resolves with false where it counted as lost, or was new: others may
   * have acted on that.
   */
  attend(entry: NodeEntry, leaseMs: number): Promise<boolean>;
  /** This node is going: it counts as present no more. */
  leave(id: string): Promise<void>;
  /** Which of these are not present, in the order given. Costs as much as they are many, however many nodes there are. */
  missing(ids: readonly string[]): Promise<readonly string[]>;
  /** All that are present, in no order. For people: it costs as much as there are nodes. */
  list(): Promise<readonly NodeEntry[]>;
}
