import type { MemberChange, MemberEntry, Position } from '@outcry/protocol';

import type { GapReason } from './core/room-news.ts';
import type { OutcryError } from './primitives/errors.ts';

/** A message of a room, in the room's order, once. */
export interface Message<T = unknown> {
  readonly type: 'message';
  readonly room: string;
  /** Who published it. */
  readonly from: string;
  /** When the publishing gateway took it, in Unix milliseconds. */
  readonly at: number;
  readonly data: T;
  /** With `epoch`, its position: one more than the message's before it. */
  readonly seq: number;
  readonly epoch: string;
  /** Who `from` was when it was published, where the room was joined with `info`: show names in it as text alone, and no URL but https. */
  readonly info?: unknown;
  /** Of a message that is traced, and came live: a span of yours that handles it links to this. */
  readonly traceparent?: string | undefined;
}

/** Something said in passing: not stored, not numbered, perhaps not delivered. */
export interface Signal<T = unknown> {
  readonly type: 'signal';
  readonly from: string;
  readonly name: string;
  readonly data: T | undefined;
}

/** Everything that a room tells, in order. */
export type RoomEvent<T = unknown> =
  | Message<T>
  | Signal<T>
  /** A user came with the first connection, or went with the last; `count` users are in the room now. */
  | {
      readonly type: 'member';
      readonly user: string;
      readonly change: MemberChange;
      readonly count: number;
      /** Who that is, of one who joined, where it is known. */
      readonly info?: unknown;
    }
  /** The room is live, or goes on on another connection. `isRecovered`: after a resume, everything missed follows. */
  | {
      readonly type: 'joined';
      readonly position: Position;
      /** It goes on from where it was. */
      readonly isResumed: boolean;
      readonly isRecovered: boolean;
      /** The connection was lost before it; without that, a room is joined again where it had to be read anew. */
      readonly isReconnected: boolean;
      /** Users in the room, where `presence` was asked for. */
      readonly memberCount: number | undefined;
    }
  /** Messages before this point are missing, for good. Everything behind it that the room still has follows. */
  | {
      readonly type: 'gap';
      readonly reason: GapReason;
      readonly position: Position;
      /** How many, where that can be known: a room that is numbered anew does not tell. */
      readonly missed: number | undefined;
    }
  /** `away`: the connection is lost, and the room resumes on the next. `stale`, until `fresh`: the gateway does not hear of it. */
  | { readonly type: 'away' | 'stale' | 'fresh' }
  /** A message came that the room's schema or keys do not take; it is not delivered. */
  | {
      readonly type: 'undeliverable';
      readonly from: string;
      readonly seq: number | undefined;
      readonly error: OutcryError;
    };

/**
 * - `joining`: not there yet
 * - `joined`: live
 * - `stale`: joined, and what is shown may be old
 * - `away`: the connection is lost; it resumes
 * - `failed`: the gateway has refused
 * - `left`
 */
export type RoomStatus = 'joining' | 'joined' | 'stale' | 'away' | 'failed' | 'left';

/** Who is in a room, in the whole cluster. */
export interface MemberList {
  readonly count: number;
  /** In no order, and not all of them where there are more than 1,000. */
  readonly members: readonly MemberEntry[];
}

/** A part of a room's past. */
export interface HistoryPage<T = unknown> {
  /** Oldest first. Those that the room's schema or keys do not take are left out. */
  readonly messages: readonly Message<T>[];
  /** Where the room stands now. */
  readonly head: Position;
  /** Older messages can be had: ask again with `before`. */
  readonly hasMore: boolean;
  /** There are more in an archive that cannot be read now. */
  readonly isAway: boolean;
  /** The lowest `seq` that was read: `before` of the page behind this one. Undefined where nothing was. */
  readonly oldest: number | undefined;
}

/** A page of a room's past, or all of it from there on: to be awaited, or iterated, the newest message first. */
export type RoomHistory<T = unknown> = Promise<HistoryPage<T>> & AsyncIterable<Message<T>>;
