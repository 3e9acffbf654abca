import { type FeedDelta, type FeedInstrument, type FeedPulse, type FeedSnapshot, OutcryError } from '@outcry/broker';
import { type Level, OrderBook, Side } from '@outcry/order-book';
import type { SourceKind } from '@outcry/protocol';

import { type BookEvent, BookEventKind, type Scales } from '../sources/book-source.ts';

/** The position of an epoch's first frame, which is a snapshot. */
const FIRST_SEQ = 1;

export interface BaseFeedParts {
  readonly symbol: string;
  /** Of snapshots that do not tell others. Undefined where they do. */
  readonly scales: Scales | undefined;
  readonly sourceKind: SourceKind;
  readonly createEpoch: () => string;
}

/**
 * The base feed of one symbol, without its transport: keeps the full book and turns the source's events into numbered frames.
 *
 * Every event is in exactly one delta, or in the snapshot that starts an epoch. Frames are new objects that nobody changes
 * afterwards.
 */
export class BaseFeed {
  readonly #parts: BaseFeedParts;
  #instrument: FeedInstrument | undefined;
  readonly #book = new OrderBook();
  readonly #changed = { bids: new Map<number, number>(), asks: new Map<number, number>() };
  #hasChanges = false;
  /** Empty until the source has given its first snapshot. */
  #epoch = '';
  #seq = FIRST_SEQ;
  #venueSeq = 0;
  #venueAt = 0;

  constructor(parts: BaseFeedParts) {
    this.#parts = parts;
  }

  /** As the last snapshot tells it. There was one. */
  get instrument(): FeedInstrument {
    if (this.#instrument === undefined) throw new OutcryError('badFeed', 'the source began without a snapshot');
    return this.#instrument;
  }

  /** Whether there were events since the last frame. */
  get hasChanges(): boolean {
    return this.#hasChanges;
  }

  /**
   * Takes the next event. A snapshot event starts an epoch.
   *
   * @throws OutcryError `badFeed` where the book would be wrong with it; nothing of this feed may be published after that
   */
  apply(event: BookEvent): void {
    if (event.kind === BookEventKind.Snapshot) {
      this.#instrument = this.#instrumentOf(event);
      this.#book.applySnapshot(event.bids, event.asks);
      this.startEpoch();
    } else {
      this.#applyDelta(event);
    }
    this.#venueSeq = event.venueSeq;
    this.#venueAt = event.venueAt;
    if (this.#book.isCrossed) throw new OutcryError('badFeed', this.#crossedMessage());
  }

  /** Numbers from the start again. The frame after this has to be the snapshot: it shows what deltas were to tell. */
  startEpoch(): void {
    this.#epoch = this.#parts.createEpoch();
    this.#seq = FIRST_SEQ;
    this.forgetChanges();
  }

  /** What has changed since the last frame is not told as a delta: the next frame will be the snapshot of an epoch. */
  forgetChanges(): void {
    this.#changed.bids.clear();
    this.#changed.asks.clear();
    this.#hasChanges = false;
  }

  /** The delta of all events since the last frame, each level once, best first. */
  takeDelta(at: number): FeedDelta {
    const bids = [...this.#changed.bids].sort((a, b) => b[0] - a[0]);
    const asks = [...this.#changed.asks].sort((a, b) => a[0] - b[0]);
    this.forgetChanges();
    const prev = this.#seq;
    this.#seq++;
    return { ...this.#position(at), prev, seq: this.#seq, bids, asks };
  }

  /** The whole book at the last frame's position. Changes are taken as a delta before it: it must not show more. */
  snapshot(at: number): FeedSnapshot {
    return {
      ...this.#position(at),
      ...this.instrument,
      seq: this.#seq,
      bids: this.#book.bids(),
      asks: this.#book.asks(),
    };
  }

  /** Where the feed stands. */
  pulse(): FeedPulse {
    return { symbol: this.#parts.symbol, epoch: this.#epoch, seq: this.#seq };
  }

  #applyDelta(event: BookEvent): void {
    if (this.#epoch === '') throw new OutcryError('badFeed', 'the source began without a snapshot');
    if (event.venueSeq < this.#venueSeq) {
      const [from, to] = [String(this.#venueSeq), String(event.venueSeq)];
      throw new OutcryError('badFeed', `the venue's sequence went back from ${from} to ${to}`);
    }
    this.#book.applyDelta(event.bids, event.asks);
    this.#noteChanges(Side.Bids, event.bids);
    this.#noteChanges(Side.Asks, event.asks);
    this.#hasChanges = true;
  }

  #noteChanges(side: Side, levels: readonly Level[]): void {
    for (const [price, size] of levels) this.#changed[side].set(price, size);
  }

  #position(at: number): Pick<FeedSnapshot, 'symbol' | 'epoch' | 'venueSeq' | 'venueAt' | 'at'> {
    return {
      symbol: this.#parts.symbol,
      epoch: this.#epoch,
      venueSeq: this.#venueSeq,
      venueAt: this.#venueAt,
      at,
    };
  }

  #instrumentOf({ scales = this.#parts.scales, sourceKind = this.#parts.sourceKind }: BookEvent): FeedInstrument {
    if (scales === undefined) throw new OutcryError('badFeed', 'the source told no scales with its first snapshot');
    return { symbol: this.#parts.symbol, ...scales, sourceKind };
  }

  #crossedMessage(): string {
    const [bid, ask] = [String(this.#book.bestBid?.[0]), String(this.#book.bestAsk?.[0])];
    return `the book is crossed at update ${String(this.#venueSeq)}: bid ${bid}, ask ${ask} (ticks)`;
  }
}
