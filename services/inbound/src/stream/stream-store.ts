import type { ServiceList } from '@outcry/worker';

import type { InboundMessage, Refusal } from '../delivery/inbound-message.ts';

export interface StreamRequest {
  readonly stream: string;
  /** Of the lease under which it is read. */
  readonly fence: number;
}

/** Entries in the order of the stream, from the first that is not done with. */
export interface StreamPage {
  readonly messages: readonly InboundMessage[];
  /** Ids of those whose data is too long to be looked at; they are among the messages, without it. */
  readonly tooLong: ReadonlySet<string>;
}

export interface Settlement {
  /** All up to this entry is done with. */
  readonly upTo: string;
  /** Those among them that are put aside. */
  readonly refused: readonly Refusal[];
}

/**
 * Streams that a back end appends to. Every call rejects with an `OutcryError` of code `unavailable` where Redis cannot be asked; it may
 * have been carried out all the same. Those under a fence reject with `fenced` where somebody with a higher one has claimed the stream.
 */
export interface StreamStore extends ServiceList {
  /**
   * Resolves with what a stream is called among all that there are, as long as it has its data.
   *
   * @throws OutcryError `badConfig` where it is something else, or this service may not read it
   */
  identify(stream: string): Promise<string>;
  /** Closes a stream to everybody who has a lower fence. */
  claim(request: StreamRequest): Promise<void>;
  read(request: StreamRequest): Promise<StreamPage>;
  settle(request: StreamRequest, settlement: Settlement): Promise<void>;
  /** Resolves when something follows what was read last, or after `ms`, or when `signal` aborts. */
  wait(request: StreamRequest, ms: number, signal: AbortSignal): Promise<void>;
  /** What waits in all streams: entries, up to a bound for each, and the age of the oldest. */
  measureLag(): Promise<{ readonly rows: number; readonly seconds: number }>;
  close(): Promise<void>;
}
