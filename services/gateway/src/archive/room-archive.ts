import type { Position } from '@outcry/protocol';

/** In an order of numbers: that of an epoch, and of those that it went on from. */
export interface ArchiveRange {
  readonly room: string;
  readonly epoch: string;
  /** Forward, behind this seq; or backward, before it. */
  readonly after?: number | undefined;
  readonly before?: number | undefined;
  readonly limit: number;
  /** Of frames. A page ends before the message that would exceed it, but never without a message. */
  readonly maxBytes: number;
}

export interface ArchivedMessage {
  readonly position: Position;
  /** The whole `message` frame in msgpack. */
  readonly frame: Buffer;
  /** What was known of the sender, in msgpack: not a part of the frame. */
  readonly info?: Uint8Array | undefined;
  /** Unix milliseconds. */
  readonly at: number;
}

export interface ArchivePage {
  /** In order. Where a number is missing its message is gone for good. */
  readonly messages: readonly ArchivedMessage[];
  /** There is more beyond the page. */
  readonly hasMore: boolean;
}

/** What was said in rooms that are archived, whatever their streams keep. */
export interface RoomArchive {
  /**
   * However slow or broken what it asks is, this settles within a deadline.
   *
   * @throws OutcryError `unavailable`
   */
  read(range: ArchiveRange): Promise<ArchivePage>;
  /** Why it cannot be read now, as far as is known. */
  notReady(): string | undefined;
  close(): Promise<void>;
}
