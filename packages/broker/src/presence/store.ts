import type { MemberChange, MemberEntry } from '@outcry/protocol';
import type { OutcryError } from '../outcry-error.ts';

/** A user's first connection has come into a room, or its last one has left. */
export interface MemberEvent {
  readonly room: string;
  readonly user: string;
  readonly change: MemberChange;
  /** Users in the room after it. */
  readonly count: number;
  /** Who has come, in msgpack, where that is known. */
  readonly info?: Uint8Array;
}

export interface RoomMembers {
  /** Users in the room, however many of them are listed. */
  readonly count: number;
  /** In no order. */
  readonly members: readonly MemberEntry<Uint8Array>[];
}

/** What presence tells a node. A handler never throws and never blocks. */
export interface PresenceHandler {
  /**
   * Of the rooms that the node's broker has joined, in the room's order; at most once, as any live delivery. After the
   * store has lost its data a user who is known already may be said to have joined.
   */
  handleMember(event: MemberEvent): void;
  /** This node has removed what a lost one had left: so many users of rooms. */
  handleReaped(entries: number): void;
  /** This node had lost its own lease and has a new one; so many users of rooms are written again. */
  handleRestored(entries: number): void;
  /** Something could not be written or cleared away; it is tried again until it is. */
  handleFault(fault: OutcryError): void;
}

/**
 * Who is in which room, in the whole cluster. A user is one member of a room with as many connections as it has there.
 *
 * Entries live and die with their node's lease: it is renewed with one call for the whole node, and when it is not, whatever
 * the reason, the other nodes remove the entries and say so to those who listen, each once. A node that has lost its
 * lease and lives writes its entries again by itself. So what the store shows is right a few seconds after anything.
 */
export interface PresenceStore {
  /**
   * Takes part: takes a lease, and looks after those of the others. Called once, on a backplane that has started.
   *
   * @throws OutcryError `unavailable` where there is no lease to be had
   */
  start(handler: PresenceHandler): Promise<void>;
  /**
   * One more connection of the user. Never fails: it is kept here, and written as soon as that is possible. Of what is known of a user,
   * in msgpack, the room has what it was given last, by whichever node.
   */
  add(room: string, user: string, info?: Uint8Array): void;
  /** Another is known of a user who is there; nothing happens where this node has added no connection. Nobody is told. */
  describe(room: string, user: string, info: Uint8Array): void;
  /** One connection less, of those that this node has added. */
  remove(room: string, user: string): void;
  /**
   * Users in the room; costs the same however many there are. What this node has added and removed before the call is in it.
   *
   * @throws OutcryError `unavailable`, or `closed`
   */
  count(room: string): Promise<number>;
  /**
   * At most `limit` of the users in the room, in one read. What this node has added and removed before the call is in it.
   *
   * @throws OutcryError `unavailable`, or `closed`
   */
  list(room: string, limit: number): Promise<RoomMembers>;
  /**
   * This node takes no part any more. Its entries last for another `afterMs` and are then removed by the others, so that
   * connections that go to another node meanwhile are never missing. Never rejects: where it cannot be done, the
   * lease ends as that of a lost node does.
   */
  handOver(afterMs: number): Promise<void>;
}
