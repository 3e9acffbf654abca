import type { Position } from '@outcry/protocol';

export interface Term {
  readonly partition: string;
  /** Of the lease under which it is archived. */
  readonly fence: number;
}

/** A message as it is kept. */
export interface ArchivedMessage {
  readonly room: string;
  readonly epoch: string;
  readonly seq: number;
  /** Unix milliseconds at which it was numbered: the same however often it is read. */
  readonly sentAt: number;
  readonly sender: string;
  /** As JSON text that PostgreSQL can hold, U+FFFD for what it cannot (U+0000, half a surrogate pair); null where there is none. The frame has it. */
  readonly payload: string | null;
  /** The whole `message` frame in msgpack, as clients were sent it. */
  readonly frame: Uint8Array;
  /** What was known of the sender: as JSON text, as the payload is, and in msgpack. Null where there is none. */
  readonly info: string | null;
  readonly infoBytes: Uint8Array | null;
}

export const GapReason = {
  /** Gone from the stream before it was read. */
  Trimmed: 'trimmed',
  /** The numbering has ended: what it had behind this, if anything, is not known. */
  Epoch: 'epoch',
} as const;
export type GapReason = (typeof GapReason)[keyof typeof GapReason];

/** Numbers of a room of which the messages are not kept. */
export interface Gap {
  readonly room: string;
  readonly epoch: string;
  readonly first: number;
  /** Null: all that there were from the first on. */
  readonly last: number | null;
  readonly reason: GapReason;
}

/** Up to where a room is archived. */
export interface Cursor extends Position {
  readonly room: string;
  /** Where earlier epochs ended that this one went on from, where that is news. */
  readonly past?: Readonly<Record<string, number>>;
}

/** What is kept in one step: all of it or nothing. */
export interface Batch {
  readonly messages: readonly ArchivedMessage[];
  readonly gaps: readonly Gap[];
  readonly cursors: readonly Cursor[];
}

/** What of a batch was not kept before. */
export interface Stored {
  readonly messages: number;
  readonly gaps: readonly Gap[];
}

/**
 * Where messages are kept. Every call rejects with an `OutcryError`: of code `fenced` where somebody with a higher fence has claimed the
 * partition, or `unavailable` where the database cannot be asked; then it may have been carried out all the same.
 */
export interface ArchiveStore {
  /** Closes a partition to everybody who has a lower fence. What they had under way is in, or never will be. */
  claim(term: Term): Promise<void>;
  /** Of those of the rooms that have one. */
  readCursors(rooms: readonly string[]): Promise<readonly Cursor[]>;
  /** What is kept already changes nothing. */
  store(term: Term, batch: Batch): Promise<Stored>;
  /** Deletes what is older than its room keeps. Resolves with how many messages there were. */
  expire(): Promise<number>;
}
