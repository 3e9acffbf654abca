import type { Position } from '@outcry/protocol';
import type { RoomMessage } from './broker.ts';

/** A room that is to be archived, as it was announced last. */
export interface AnnouncedRoom {
  readonly room: string;
  /** Unix milliseconds, by the broker's clock. It may be published to for `ANNOUNCE_INTERVAL_MS` from then on before it is announced again. */
  readonly announcedAt: number;
}

/** What a room has stored behind a position, as of one moment. */
export interface StoredPage {
  /** Unix milliseconds, by the broker's clock. */
  readonly now: number;
  /** The room's newest position. */
  readonly head: Position;
  /** Where earlier epochs ended that this one went on from, by epoch: the last few. */
  readonly ended: ReadonlyMap<string, number>;
  /** Whether anything is stored at all. */
  readonly isStored: boolean;
  /**
   * The oldest that are stored behind the position, without holes: each under the epoch in which it was numbered. Where the position is of
   * another epoch than the head they begin with the oldest that there is.
   */
  readonly messages: readonly RoomMessage[];
}

export interface PageLimit {
  readonly messages: number;
  /** A page ends behind the message that exceeds it. */
  readonly bytes: number;
}

/**
 * The stored messages of the rooms whose retention says that they are archived, for whoever archives them: by partition, of which there are
 * `PARTITION_COUNT`. Nothing here writes a room. Every call rejects with an `OutcryError`, `unavailable` or `closed`.
 */
export interface ArchiveSource {
  /** Calls back with the rooms of a partition that are announced from now on. Hints: one may be lost. */
  watch(partition: number, onAnnounced: (room: string) => void): Promise<void>;
  /** Ends that at once. Never rejects. */
  unwatch(partition: number): Promise<void>;
  /** The rooms of a partition that were announced since a time, in its order: none is left out that has anything stored. */
  list(partition: number, since: number): Promise<readonly AnnouncedRoom[]>;
  /** Undefined where the room has no numbering, and so nothing is stored. */
  read(room: string, seen: Position | undefined, limit: PageLimit): Promise<StoredPage | undefined>;
  /**
   * Everything up to the position is archived for good: from now on that is trimmed as in any other room. What is not is stored, as long as
   * it is within the room's bound (`Retention.unarchivedBytes`).
   */
  release(room: string, archived: Position): Promise<void>;
  /** The same where nothing has come for a while: unless it has, what is stored goes when the room's retention says so. */
  settle(room: string, archived: Position): Promise<void>;
  /** Takes a room off the list, unless it was announced since. */
  dismiss(room: AnnouncedRoom): Promise<void>;
}
