import type { MemberEntry } from '@outcry/protocol';
import type { RoomMembers } from './store.ts';

/** What a node's entries hang on. */
export interface NodeLease {
  /** Never used twice. */
  readonly id: string;
  /** Goes up whenever the node's connection was lost: what is written under a lower one comes too late and is refused. */
  readonly fence: number;
}

export interface TendRequest {
  /** The caller's lease. */
  readonly id: string;
  readonly leaseMs: number;
  /** How long nobody else is given an expired lease that the caller is given. */
  readonly claimMs: number;
  /**
   * The caller is given expired leases if its own was renewed less than so long ago; at 0 it asks for none. A request that was
   * held up on its way, or by a store that stood still, says nothing about the others: they were held up, too.
   */
  readonly maxGapMs: number;
  /** Whether it asks what the store has forgotten, too. */
  readonly asksForEvictions?: boolean;
}

export interface Tended {
  /** False where the lease is not known, or is being cleared away: then it never is the caller's again. */
  readonly isHeld: boolean;
  /** Leases that have expired and are the caller's to reap. */
  readonly expired: readonly string[];
  /** Goes up when the store has forgotten something to make room: anything that was written may be gone. Told where it is asked for. */
  readonly evictions?: number | undefined;
}

export interface WriteRequest {
  readonly room: string;
  /** Without info: what the store knows of the user stays as it is. */
  readonly entries: readonly MemberEntry<Uint8Array>[];
  /** Which leases have entries in the room is to be told. */
  readonly asksForLeases: boolean;
}

export interface Written {
  /** Users in the room. */
  readonly count: number;
  /** Users in the room by way of the lease. Where these are not as many as have been written, the store has lost the room. */
  readonly own: number;
  /** The leases with entries in the room, in no order, where they were asked for or this one is new there; empty otherwise. */
  readonly leases: readonly string[];
}

/**
 * The cluster's presence as it is stored. Every call is atomic for one room or for all leases, and rejects with an
 * `OutcryError`; a call that rejects may have been carried out. Calls of one node for one room take effect in their order.
 */
export interface PresenceTable {
  /** Names the run of the store: under another name, what was written last may be gone. */
  readRun(): Promise<string>;
  /** Makes a new lease known. Resolves when entries may be written under it. */
  begin(lease: NodeLease, leaseMs: number): Promise<void>;
  /** Raises the fence. False where the lease is not known any more. */
  raiseFence(lease: NodeLease): Promise<boolean>;
  /** Renews the caller's lease and hands out expired ones. Time is the store's. */
  tend(request: TendRequest): Promise<Tended>;
  /** Makes the lease expire at that time, sooner or later than it would. */
  expire(id: string, afterMs: number): Promise<void>;
  /** As `expire`, for a lease that may have been forgotten while its entries were not: it is known again, to be reaped. */
  giveUp(id: string, afterMs: number): Promise<void>;
  /** Keeps what belongs to the lease from being forgotten for its age. False where some of it is gone. */
  keep(lease: NodeLease): Promise<boolean>;
  /**
   * Sets how many connections users have in the room by way of the lease, 0 for none, and tells the room's nodes who has
   * come and who has gone. Resolves with `refused` where the lease is void.
   */
  write(lease: NodeLease, request: WriteRequest): Promise<Written | 'refused'>;
  list(room: string, limit: number): Promise<RoomMembers>;
  /**
   * Voids an expired lease and removes its entries, in bounded steps, of which each takes what is there: several nodes may
   * do it at once, and each entry is removed and told of once. Resolves with how many were removed by this call.
   */
  reap(id: string): Promise<number>;
  /**
   * Looks after what others have in a room, in case the store has lost what it knows of them. A lease that is unknown is known from
   * now on, and expires after `leaseMs` unless its node renews it; of one that is void the room is cleared as by `reap`. What was
   * found in order is taken to be so until `beginReview`.
   */
  lookAfter(ids: readonly string[], at: { readonly room: string; readonly leaseMs: number }): Promise<number>;
  /** Whatever the store has may have been forgotten since. */
  beginReview(): void;
}
