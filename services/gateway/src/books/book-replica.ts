import { type FeedDelta, type FeedHandler, type FeedPulse, type FeedSnapshot, OutcryError } from '@outcry/broker';
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
    this.#waiting = [];
    await feedBus.watch(symbol, this);
    await this.#read();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#staleTimer);
    this.#options.feedBus.unwatch(this.#options.symbol).catch((err: unknown) => {
      this.#options.logger.warn({ err, symbol: this.#options.symbol }, 'book not unwatched');
    });
  }

  /** Reads the book anew: after a fault of the broker nobody knows what was missed. */
  resync(): void {
    if (this.#waiting !== undefined || this.#isClosed) return;
    this.#options.countResync();
    this.#waiting = [];
    this.#read().catch((err: unknown) => {
      this.#options.logger.warn({ err, symbol: this.#options.symbol }, 'book not read');
      this.#waiting = undefined;
      setTimeout(() => {
        this.resync();
      }, RETRY_MS).unref();
    });
  }

  handleDelta(delta: FeedDelta): void {
    if (this.#waiting !== undefined) {
      if (this.#waiting.length < MAX_WAITING) this.#waiting.push(delta);
      return;
    }
    if (this.#state === undefined || this.#isPast(delta)) return;
    if (delta.epoch !== this.#state.epoch || delta.prev !== this.#state.seq) {
      this.resync();
      return;
    }
    this.#apply(delta);
    this.#options.listener.moved(delta);
    this.#seen();
  }

  handleSnapshot(snapshot: FeedSnapshot): void {
    if (this.#waiting !== undefined) return;
    const state = this.#state;
    const isNews = state?.epoch !== snapshot.epoch || snapshot.seq > state.seq;
    if (isNews) {
      this.#replace(snapshot);
      this.#options.listener.replaced();
    }
    this.#seen();
  }

  /** A feed that stands elsewhere than this copy has said something that was lost. */
  handlePulse({ epoch, seq }: FeedPulse): void {
    const state = this.#state;
    if (this.#waiting !== undefined || state === undefined) return;
    if (epoch !== state.epoch || seq > state.seq) this.resync();
    else this.#seen();
  }

  /** Marks the book as possibly old at once, without waiting for the feed's silence to show it. */
  markStale(): void {
    this.#setStale(true);
  }

  async #read(): Promise<void> {
    const stored = await this.#options.feedBus.readBook(this.#options.symbol);
    if (this.#isClosed) return;
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    if (stored === undefined) return;
    this.#replace(stored.snapshot);
    for (const delta of stored.deltas) this.#apply(delta);
    this.#options.listener.replaced();
    if (waiting.length >= MAX_WAITING) this.resync();
    else for (const delta of waiting) this.handleDelta(delta);
    this.#seen();
  }

  #replace(snapshot: FeedSnapshot): void {
    this.book.applySnapshot(snapshot.bids, snapshot.asks);
    const { epoch, seq, venueSeq, venueAt, at, priceScale, sizeScale, sourceKind } = snapshot;
    this.#state = { epoch, seq, venueSeq, venueAt, at, priceScale, sizeScale, sourceKind };
  }

  #apply(delta: FeedDelta): void {
    if (this.#state === undefined) throw new OutcryError('badFeed', 'a delta before any snapshot');
    this.book.applyDelta(delta.bids, delta.asks);
    const { seq, venueSeq, venueAt, at } = delta;
    this.#state = { ...this.#state, seq, venueSeq, venueAt, at };
  }

  #isPast(delta: FeedDelta): boolean {
    return delta.epoch === this.#state?.epoch && delta.seq <= this.#state.seq;
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
