import type { Level, SourceKind } from '@outcry/protocol';

/** A book on offer. Scales are decimal places. */
export interface FeedInstrument {
  readonly symbol: string;
  readonly priceScale: number;
  readonly sizeScale: number;
  /** Absent where the publisher does not say. */
  readonly sourceKind?: SourceKind | undefined;
}

interface FeedFrame {
  readonly symbol: string;
  /** New whenever the publisher starts its book anew. */
  readonly epoch: string;
  /** The base feed's position: each delta's is the one before plus one. A snapshot has that of the state it shows. */
  readonly seq: number;
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
  /** The venue's own update id after this frame. */
  readonly venueSeq: number;
  /** Unix milliseconds at the venue's matching engine, and at the publisher. */
  readonly venueAt: number;
  readonly at: number;
}

/** The whole book: bids high to low, asks low to high, no zero sizes. */
export interface FeedSnapshot extends FeedFrame {
  readonly priceScale: number;
  readonly sizeScale: number;
  /** As the instrument's. */
  readonly sourceKind?: SourceKind | undefined;
}

/** Levels changed since `prev`: absolute sizes, 0 removes. */
export interface FeedDelta extends FeedFrame {
  readonly prev: number;
}

/** Says of a feed without news that it is alive, and where it stands. */
export type FeedPulse = Pick<FeedFrame, 'symbol' | 'epoch' | 'seq'>;

/** A book as it can be rebuilt at any moment: the latest snapshot and every delta published since, in order. */
export interface StoredBook {
  readonly snapshot: FeedSnapshot;
  readonly deltas: readonly FeedDelta[];
}

export interface FeedHandler {
  handleDelta(delta: FeedDelta): void;
  handleSnapshot(snapshot: FeedSnapshot): void;
  handlePulse(pulse: FeedPulse): void;
}

/**
 * Base feeds from publishers to gateways. Who publishes a symbol holds the `Lease` of its name and says under which fence:
 * a frame is refused with `fenced`, not stored and not sent, where the lease was granted to somebody later, or where
 * nothing is known of any grant.
 * Live delivery is at most once, in order; whoever sees that `prev` is not the `seq`
 * it holds reads the book again with `readBook`. Faults reject with an `OutcryError` of code `unavailable`.
 */
export interface FeedBus {
  /** Makes instruments known to every gateway, as they are now. Repeating it changes nothing. */
  announce(instruments: readonly FeedInstrument[]): Promise<void>;
  /** As `announce`, but leaves alone what is known of an instrument already: its leader knows better. */
  announceUnknown(instruments: readonly FeedInstrument[]): Promise<void>;
  listInstruments(): Promise<readonly FeedInstrument[]>;
  /** Stores the snapshot, drops the deltas stored before it, and sends it to the watching gateways: one atomic step. */
  publishSnapshot(snapshot: FeedSnapshot, fence: number): Promise<void>;
  /** Stores the delta behind the snapshot and sends it: one atomic step. Rejects with `badFeed` where a snapshot has to come first. */
  publishDelta(delta: FeedDelta, fence: number): Promise<void>;
  /** Sends the pulse to the watching gateways, and stores nothing. */
  publishPulse(pulse: FeedPulse, fence: number): Promise<void>;
  /** Starts live delivery of a symbol, once per node. Read the book after this resolves and no delta is missed. */
  watch(symbol: string, handler: FeedHandler): Promise<void>;
  unwatch(symbol: string): Promise<void>;
  readBook(symbol: string): Promise<StoredBook | undefined>;
}
