import type { FeedInstrument } from '@outcry/broker';
import type { Level } from '@outcry/order-book';
import type { SourceKind } from '@outcry/protocol';

export const BookEventKind = { Snapshot: 'snapshot', Delta: 'delta', Interrupted: 'interrupted' } as const;
export type BookEventKind = (typeof BookEventKind)[keyof typeof BookEventKind];

/** Decimal places of a book's integers. */
export type Scales = Pick<FeedInstrument, 'priceScale' | 'sizeScale'>;

/** What a venue says about one book, in the scales of its instrument. */
export interface BookEvent {
  /** A snapshot is the whole book and starts it anew; a delta has absolute sizes, 0 removes. */
  readonly kind: typeof BookEventKind.Snapshot | typeof BookEventKind.Delta;
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
  /** The venue's own update id after this event. It never goes back, except at a snapshot. */
  readonly venueSeq: number;
  /** Unix milliseconds at the venue. */
  readonly venueAt: number;
  /** With a snapshot: its scales, where they are not the instrument's as it was offered, or were not known. */
  readonly scales?: Scales | undefined;
  /** With a snapshot: where the book comes from, where that is not what the source says of itself. */
  readonly sourceKind?: SourceKind | undefined;
}

/**
 * The venue cannot be heard, something of what it said is missing, or it has no such book now. The book was right up to here;
 * nobody knows whether it still is, so the feed falls silent and its watchers are told. The next event is a snapshot, or
 * another reason. Before the first snapshot it says why there is none.
 */
export interface BookInterruption {
  readonly kind: typeof BookEventKind.Interrupted;
  /** For the log and `/readyz`, in a few words. */
  readonly reason: string;
}

export type SourceEvent = BookEvent | BookInterruption;

/**
 * What a source takes from outside. Bodies are JSON as docs/SOURCES.md describes it. A call either happens as a whole and
 * returns where the book stands then, or throws an `IngestError` and changes nothing.
 */
export interface BookIngest {
  replaceBook(symbol: string, body: unknown): number;
  extendBook(symbol: string, body: unknown): number;
}

/**
 * Where books come from.
 *
 * A source owns its venue's rules: what it hands out is aligned and without holes, or it throws an `OutcryError` of code
 * `badFeed` that says where the feed broke. Each symbol is a stream of its own, so that one which breaks, waits or cannot
 * be had leaves the others alone.
 *
 * @typeParam E A source that cannot lose its venue promises never to be interrupted: `BookSource<BookEvent>`.
 */
export interface BookSource<E extends SourceEvent = SourceEvent> {
  /** What all of its books are, but for those that say otherwise with a snapshot. Watchers are told. */
  readonly kind: SourceKind;
  /**
   * Whether a stream that threw can do better when it is read again, after a while: a venue may have sent nonsense once, a
   * file stays what it is.
   */
  readonly mayRecover: boolean;
  /** Those that are known when the source opens. Their names are symbols by the protocol's rule. */
  readonly instruments: readonly FeedInstrument[];
  /**
   * Names of what was asked for and cannot be had yet. `events` says why: by an interruption where the book may still come, by
   * throwing where it cannot. A name that is no symbol never brings a book.
   */
  readonly missing?: readonly string[];
  /**
   * The events of one symbol, which begin with a snapshot as soon as there is a book. The consumer sets the pace: nothing is read ahead while
   * it holds an event, and a source that cannot make its venue wait bounds what it keeps and starts anew with a snapshot.
   * Ends, without throwing, when the source has no more or `signal` aborts. One consumer per symbol at a time; another one
   * may follow when the first has ended, and begins with a snapshot too.
   */
  events(symbol: string, signal: AbortSignal): AsyncIterable<E>;
  /** For sources whose instruments become known as they come: called once for each that was not among `instruments`. */
  watchInstruments?(handler: (instrument: FeedInstrument) => void): void;
  /** For a source that is posted to. */
  readonly ingest?: BookIngest;
  close(): Promise<void>;
}
