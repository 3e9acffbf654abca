/** What a gateway says of itself. */
export interface NodeEntry {
  /** Never used twice: a process that starts again comes under another one. */
  readonly id: string;
  /** What the operator wants to know of it, as text of the caller's own. */
  readonly report: string;
}

export interface Attendance {
  /** False where the node counted as lost, or was new: others may have acted on that. */
  readonly wasPresent: boolean;
  /** All nodes that are present, this one among them, in no order. */
  readonly nodes: readonly NodeEntry[];
}

/**
 * Which gateways there are. Faults reject with an `OutcryError` of code `unavailable`, or `closed`; the call may have been
 * carried out all the same.
 */
export interface NodeRoster {
  /** This node is present for so long, unless it says so again. */
  attend(entry: NodeEntry, leaseMs: number): Promise<Attendance>;
  /** This node is going: it counts as present no more. */
  leave(id: string): Promise<void>;
  list(): Promise<readonly NodeEntry[]>;
}
