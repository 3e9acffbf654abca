import type { FeedDelta, FeedHandler, FeedPulse, FeedSnapshot } from '@outcry/broker';
import { OrderBook } from '@outcry/order-book';
import type { SourceKind } from '@outcry/protocol';

import type { Logger } from '@outcry/service';

import type { FeedReader } from './feed-reader.ts';

/** Where a book stands: what every frame of it says about itself. */
export interface BookState {
  readonly epoch: string;
  readonly seq: number;
  readonly venueSeq: number;
  readonly venueAt: number;
  readonly at: number;
  readonly priceScale: number;
  readonly sizeScale: number;
  /** Absent where the publisher does not say. */
  readonly sourceKind: SourceKind | undefined;
}

export interface ReplicaListener {
  /** The book has moved by one delta of the base feed. */
  moved(delta: FeedDelta): void;
  /** The book is another one now: what was derived from it before is void. */
  replaced(): void;
  /** No frame came for so long that the book may be old; or it is live again. */
  staleChanged(isStale: boolean): void;
}

export interface ReplicaOptions {
  readonly symbol: string;
  readonly feedBus: FeedReader;
  readonly listener: ReplicaListener;
  readonly logger: Logger;
  readonly countResync: () => void;
}

/** A feed without news shows after a second that it is alive; after twice that it may not be. */
const STALE_AFTER_MS = 2000;
const RETRY_MS = 1000;
/** Deltas that may wait while the book is read anew; with more, what is being read is too old to be of use. */
const MAX_WAITING = 10_000;

/**
 * This node's copy of one book. It follows the base feed by `prev` and `seq`; where they do not meet it reads the book anew
 * from the feed bus, and says `replaced`. It never shows a state that the publisher did not have.
 */
export class BookReplica implements FeedHandler {
  readonly book = new OrderBook();
  readonly #options: ReplicaOptions;
  #state: BookState | undefined;
  /** Deltas that came while the book is being read; undefined while it is not. */
  #waiting: FeedDelta[] | undefined;
  #isStale = false;
  #isClosed = false;
  #staleTimer: NodeJS.Timeout | undefined;
  /** Where the book could not be read: whatever shows meanwhile that it is another one waits for this, too. */
  #retry: NodeJS.Timeout | undefined;

  constructor(options: ReplicaOptions) {
    this.#options = options;
  }

  /** Undefined until the book is known. */
  get state(): BookState | undefined {
    return this.#state;
  }

  get isStale(): boolean {
    return this.#isStale;
  }

  /** Begins to follow the feed. Whether there is such a book is told by `state`. */
  async start(): Promise<void> {
    const { feedBus, symbol } = this.#options;
    const waiting = (this.#waiting = []);
    await feedBus.watch(symbol, this);
    await this.#read(waiting);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#staleTimer);
    this.#endRetry();
    this.#options.feedBus.unwatch(this.#options.symbol).catch((err: unknown) => {
      this.#options.logger.warn({ err, symbol: this.#options.symbol }, 'book not unwatched');
    });
  }

  /** Reads the book anew: after a fault of the broker nobody knows what was missed. */
  resync(): void {
    if (this.#waiting !== undefined || this.#isClosed) return;
    this.#endRetry();
    this.#options.countResync();
    const waiting = (this.#waiting = []);
    this.#read(waiting).catch((err: unknown) => {
      this.#options.logger.warn({ err, symbol: this.#options.symbol }, 'book not read');
      this.#waiting = undefined;
      if (this.#isClosed) return;
      this.#retry = setTimeout(() => {
        this.resync();
      }, RETRY_MS).unref();
    });
  }

  handleDelta(delta: FeedDelta): void {
    if (this.#waiting !== undefined) {
      if (this.#waiting.length < MAX_WAITING) this.#waiting.push(delta);
      return;
    }
    const state = this.#state;
    if (state === undefined || isPast(delta, state)) return;
    if (delta.epoch !== state.epoch || delta.prev !== state.seq) {
      this.#missed();
      return;
    }
    this.#apply(delta, state);
    this.#options.listener.moved(delta);
    this.#seen();
  }

  handleSnapshot(snapshot: FeedSnapshot): void {
    if (this.#waiting !== undefined) return;
    const state = this.#state;
    const isNews = state?.epoch !== snapshot.epoch || snapshot.seq > state.seq;
    if (isNews) {
      this.#endRetry();
      this.#replace(snapshot);
      this.#options.listener.replaced();
    }
    this.#seen();
  }

  /** A feed that stands elsewhere than this copy has said something that was lost. */
  handlePulse({ epoch, seq }: FeedPulse): void {
    const state = this.#state;
    if (this.#waiting !== undefined || state === undefined) return;
    if (epoch !== state.epoch || seq > state.seq) this.#missed();
    else this.#seen();
  }

  /** Marks the book as possibly old at once, without waiting for the feed's silence to show it. */
  markStale(): void {
    this.#setStale(true);
  }

  /** A busy feed says it a hundred times a second; a broker that fails is not asked as often. */
  #missed(): void {
    if (this.#retry === undefined) this.resync();
  }

  #endRetry(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
  }

  async #read(waiting: readonly FeedDelta[]): Promise<void> {
    const stored = await this.#options.feedBus.readBook(this.#options.symbol);
    if (this.#isClosed) return;
    this.#waiting = undefined;
    if (stored === undefined) return;
    let state = this.#replace(stored.snapshot);
    for (const delta of stored.deltas) state = this.#apply(delta, state);
    this.#options.listener.replaced();
    if (waiting.length >= MAX_WAITING) this.resync();
    else for (const delta of waiting) this.handleDelta(delta);
    this.#seen();
  }

  #replace(snapshot: FeedSnapshot): BookState {
    this.book.applySnapshot(snapshot.bids, snapshot.asks);
    const { epoch, seq, venueSeq, venueAt, at, priceScale, sizeScale, sourceKind } = snapshot;
    return (this.#state = { epoch, seq, venueSeq, venueAt, at, priceScale, sizeScale, sourceKind });
  }

  #apply(delta: FeedDelta, state: BookState): BookState {
    this.book.applyDelta(delta.bids, delta.asks);
    const { seq, venueSeq, venueAt, at } = delta;
    return (this.#state = { ...state, seq, venueSeq, venueAt, at });
  }

  #seen(): void {
    this.#setStale(false);
    if (this.#staleTimer === undefined) {
      this.#staleTimer = setTimeout(() => {
        this.#setStale(true);
      }, STALE_AFTER_MS).unref();
    } else {
      this.#staleTimer.refresh();
    }
  }

  #setStale(isStale: boolean): void {
    if (this.#isStale === isStale) return;
    this.#isStale = isStale;
    this.#options.listener.staleChanged(isStale);
  }
}

function isPast(delta: FeedDelta, { epoch, seq }: BookState): boolean {
  return delta.epoch === epoch && delta.seq <= seq;
}
