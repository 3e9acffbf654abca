import type { Refusal } from '../delivery/inbound-message.ts';

/** A record as it stands in its topic. */
export interface LogRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  /** Of whoever led the partition when it was written. */
  readonly leaderEpoch: number;
  /** When it was written, as its topic counts that, in milliseconds. */
  readonly writtenAt: number;
  readonly key: Buffer | undefined;
  /** Undefined: a tombstone. */
  readonly value: Buffer | undefined;
  readonly headers: ReadonlyMap<string, Buffer>;
}

/** A place in a partition up to which all is done with: the offset of what comes next. */
export interface Place {
  readonly topic: string;
  readonly partition: number;
  readonly next: bigint;
  /** Of the last record before it. */
  readonly leaderEpoch: number;
}

export interface RefusedRecord {
  readonly record: LogRecord;
  readonly refusal: Refusal;
}

/** Records of some partitions, those of each in their order. */
export interface LogPage {
  readonly records: readonly LogRecord[];
  /**
   * Puts away for good that all up to these places is done with. Rejects with an `OutcryError` of code `fenced` where the partitions
   * have been divided anew since the page was read: they may be another's, and nothing is put away.
   */
  settle(places: readonly Place[]): Promise<void>;
}

/**
 * Topics that a back end writes to, read by a group of services. Every call rejects with an `OutcryError` of code `unavailable` where
 * they cannot be had, and of `badConfig` where a wait does not mend that.
 */
export interface RecordLog {
  /** Resolves with what each topic is called among all that there have been anywhere. */
  identify(): Promise<ReadonlyMap<string, string>>;
  /**
   * Makes this service one of the group until `signal` aborts or whoever iterates has enough, and gives what its partitions have,
   * from where the group is done. A page is read when it is asked for. What was not settled is given again, to whoever has the
   * partition then; a partition's records may come again to this service, too, but none of them is passed over.
   */
  read(signal: AbortSignal): AsyncIterable<LogPage>;
  /** Writes records where those stand that can never be published. One that was written may be so again. */
  putAside(refused: readonly RefusedRecord[]): Promise<void>;
  /** How many records of this service's partitions are not settled; undefined while it is not one of the group. */
  countWaiting(): Promise<number | undefined>;
  /** Never rejects. */
  close(): Promise<void>;
}
