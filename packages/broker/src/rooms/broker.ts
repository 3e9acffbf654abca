import type { Position } from '@outcry/protocol';
import type { BrokerPart, BrokerStatus } from '../status.ts';

/** How much of a room's past is kept. Whichever bound is reached first trims; a count of 0 keeps nothing. */
export interface Retention {
  readonly count: number;
  readonly ms: number;
  /** At most so many bytes, and one message, are stored, and at least the newest half of that is. Absent, or 0: as many as there are. */
  readonly bytes?: number | undefined;
  /** What is stored is to be archived: it is announced before it is (archive-source.ts). Absent: it is not. */
  readonly isArchived?: boolean | undefined;
  /**
   * Of what is archived: so many bytes that are not archived yet are stored past all the other bounds, and half of that at least. Absent, or
   * 0: what these say goes, archived or not.
   */
  readonly unarchivedBytes?: number | undefined;
}

/** Of a message that is traced: which spans it comes from, each as W3C writes ids. */
export interface MessageTrace {
  readonly traceId: string;
  /** That whoever had it published was in. */
  readonly parentId: string;
  /** That sends it to the broker. */
  readonly spanId: string;
}

export interface ReceivedTrace extends MessageTrace {
  /** By `performance.now()`. */
  readonly receivedAt: number;
}

export interface PublishRequest {
  readonly room: string;
  /** A `message` frame in msgpack without its `seq`, as `encodeMessageHead` makes it. The broker does not keep the memory. */
  readonly head: Uint8Array;
  /** What is known of the sender, in msgpack and of at most `MAX_INFO_BYTES`; handed back with the message, for those who want it. */
  readonly info?: Uint8Array | undefined;
  /** The connection that publishes, at most 222 bytes of ASCII; handed back with the message, for `echo: false`. */
  readonly origin: string;
  /** Absent of nearly all: what is not traced costs nothing for it, here and wherever it is relayed. */
  readonly trace?: MessageTrace | undefined;
  readonly retention: Retention;
  /** False: the message is refused with `notBegun` where it would be the first that the room has ever had. Absent: it may. */
  readonly mayBegin?: boolean | undefined;
  /**
   * A repeated publish of the same sender and key to the room within the idempotency window is the same message. The sender
   * is a user name or the like: it has no slash in it.
   */
  readonly idempotency?: { readonly sender: string; readonly key: string } | undefined;
}

export interface Published {
  readonly position: Position;
  /** The key was seen before: nothing was published, `position` is that of the first time. */
  readonly isDuplicate: boolean;
}

/** A message in its room's order. */
export interface RoomMessage {
  readonly room: string;
  readonly position: Position;
  /** The whole `message` frame in msgpack: `head` as it was published, and `seq`. The receiver may keep it. */
  readonly frame: Uint8Array;
  /** As it was published with: not a part of the frame. */
  readonly info?: Uint8Array | undefined;
  readonly origin: string;
  /** As it was published with, of what is read live or again. */
  readonly trace?: ReceivedTrace | undefined;
  /** Unix milliseconds at which the broker numbered it, by the broker's clock. */
  readonly at: number;
}

export interface RoomSignal {
  readonly room: string;
  /** The whole `signal` frame in msgpack. */
  readonly frame: Uint8Array;
  readonly origin: string;
}

/**
 * A page of a room's past, of what the retention keeps. With `after`, the messages with a greater `seq`, the oldest first, for whoever
 * has seen that of the `epoch`, where that may be an earlier one; with
 * `last`, so many of the newest, likewise; else the newest, of those with a smaller `seq` than `before` where that is given.
 */
export type HistoryRange =
  | ({ readonly after: number; readonly epoch?: string | undefined; readonly limit: number } & PageBudget)
  | ({ readonly last: number } & PageBudget)
  | ({
      readonly before?: number | undefined;
      /** Of that: a broker has one, an archive may have several. */
      readonly epoch?: string | undefined;
      readonly limit: number;
    } & PageBudget);

export interface PageBudget {
  /** Of frames. A page ends before the message that would exceed it, but never without a message. Default: `HISTORY_BYTES`. */
  readonly maxBytes?: number | undefined;
}

export interface RoomHistory {
  /** The room's newest position when the history was read. */
  readonly head: Position;
  /** In order, without holes. Where the range asked for more than is kept, the oldest are missing. */
  readonly messages: readonly RoomMessage[];
  /** The page ended at its limit or its budget: newer messages follow it with `after` and `last`, else there are older ones. */
  readonly hasMore: boolean;
  /**
   * The head is of another epoch than the one that was asked about, which went on under its numbers: what was seen, up to `after`, is
   * all that there ever was, and the messages follow it. Absent, or false: that is not known, or not so.
   */
  readonly isContinued?: boolean | undefined;
  /** There is more than this, in an archive that cannot be asked now. A broker has none. */
  readonly isAway?: boolean | undefined;
}

/** What one room has stored. */
export interface RoomWeight {
  readonly messages: number;
  /** About so many, with what comes with each message; without what the store itself takes. */
  readonly bytes: number;
}

/** What a broker calls. Calls for one room come in the room's order. A handler never throws and never blocks. */
export interface BrokerHandler {
  /** The next message of a joined room: `seq` is the last one's plus one, within the same epoch. */
  handleMessage(message: RoomMessage): void;
  handleSignal(signal: RoomSignal): void;
  /**
   * Continuity of a joined room is broken and cannot be repaired: the next message follows `position`. Where it `isWhole` nothing is
   * missing before that, and the room only goes on under another epoch.
   */
  handleReset(room: string, position: Position, isWhole: boolean): void;
  /** What the rooms and the books of a part are from now on. All parts begin as `down`. */
  handleStatus(status: BrokerStatus, part: BrokerPart): void;
}

/**
 * Rooms across nodes.
 *
 * Appending, numbering and publishing is one atomic step per room, so every node sees one order. Live delivery by itself is
 * at most once; the broker compares `seq` and repairs a hole from history before it hands on what follows, or says
 * `handleReset`. Faults reject with an `OutcryError` of code `unavailable`, within the command time limit.
 */
export interface Broker {
  /**
   * Starts live delivery of a room, once per node: `handleMessage` begins behind the position that this resolves with, and
   * not before what awaits it has run.
   */
  join(room: string): Promise<Position>;
  /** Ends live delivery. The room may be joined again at any time. */
  leave(room: string): Promise<void>;
  publish(request: PublishRequest): Promise<Published>;
  /** Sends a signal to every node that has joined the room. Not stored, not numbered, lost without trace if it is lost. */
  signal(signal: RoomSignal): Promise<void>;
  /** A page. It costs as much as it brings, however much is stored. */
  readHistory(room: string, range: HistoryRange, retention: Retention): Promise<RoomHistory>;
  /** Forgets what the room has stored; its numbering goes on. Who would resume behind it is told that it was not possible. */
  removeHistory(room: string): Promise<Position>;
  /**
   * The rooms that any node has joined, in no order, `@all` and inboxes among them. Costs as much as there are: it is for
   * operators, not for clients.
   */
  listRooms(): Promise<readonly string[]>;
  /**
   * What rooms have stored, in their order; nothing of a room that there is not. Bytes are an estimate from a few of its messages, so it
   * costs the same however much is stored. For operators.
   */
  weigh(rooms: readonly string[]): Promise<readonly RoomWeight[]>;
  close(): Promise<void>;
}
