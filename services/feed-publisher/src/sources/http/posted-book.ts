import { type Level, OrderBook, Side } from '@outcry/order-book';
import { SourceKind } from '@outcry/protocol';

import { type BookEvent, BookEventKind, type Scales, type SourceEvent } from '../book-source.ts';
import { EventQueue } from './event-queue.ts';
import { IngestError } from './ingest-error.ts';
import { type PostedDelta, type PostedSnapshot, toLevels } from './posted-body.ts';

/** More levels than this on a side are no book that anybody could watch. */
export const MAX_LEVELS_PER_SIDE = 50_000;

export interface PostedBookOptions {
  readonly scales: Scales;
  /** Without a request for so long the book counts as old; 0 is never. */
  readonly silenceMs: number;
}

/**
 * One book as an engine posts it: checked before anything of it is believed, and held here too, so that a publisher which
 * begins later, or takes over from another, begins with it as it is.
 */
export class PostedBook {
  readonly #silenceMs: number;
  readonly #announcedScales: Scales;
  readonly #queue = new EventQueue();
  #scales: Scales;
  #kind: SourceKind = SourceKind.Live;
  #book = new OrderBook();
  #seq: number | undefined;
  #at = 0;
  #isRead = false;
  #isSilent = false;
  #silenceTimer: NodeJS.Timeout | undefined;

  constructor({ scales, silenceMs }: PostedBookOptions) {
    this.#announcedScales = scales;
    this.#scales = scales;
    this.#silenceMs = silenceMs;
  }

  /** @throws IngestError, and the book is what it was */
  replace(snapshot: PostedSnapshot): number {
    const { priceScale = this.#scales.priceScale, sizeScale = this.#scales.sizeScale } = snapshot;
    const scales = { priceScale, sizeScale };
    const book = new OrderBook();
    book.applySnapshot(
      toSnapshotSide(snapshot.bids, scales, Side.Bids),
      toSnapshotSide(snapshot.asks, scales, Side.Asks),
    );
    checkBook(book);
    this.#book = book;
    this.#scales = scales;
    this.#kind = snapshot.kind ?? this.#kind;
    this.#moveTo(snapshot.seq, snapshot.at);
    if (this.#isRead) this.#queue.push(this.#snapshotEvent());
    return snapshot.seq;
  }

  /** All of the deltas, or none. @throws IngestError, and the book is what it was */
  extend(deltas: readonly PostedDelta[]): number {
    const before = this.#seq;
    if (before === undefined) throw new IngestError('snapshotRequired', 'this book has no snapshot yet');
    const events = this.#toEvents(deltas, before);
    if (this.#isRead && !this.#isSilent) this.#checkRoom(events, before);
    this.#applyAll(events, before);
    const seq = events.at(-1)?.venueSeq ?? before;
    const wasSilent = this.#isSilent;
    this.#moveTo(seq, events.at(-1)?.venueAt ?? this.#at);
    if (this.#isRead) for (const event of wasSilent ? [this.#snapshotEvent()] : events) this.#queue.push(event);
    return seq;
  }

  /** Begins with the book, as soon as there is one that is not old. */
  async *events(signal: AbortSignal): AsyncGenerator<SourceEvent, void, undefined> {
    this.#isRead = true;
    if (this.#seq !== undefined && !this.#isSilent) this.#queue.push(this.#snapshotEvent());
    try {
      for (;;) {
        const event = await this.#queue.take(signal);
        if (event === undefined) return;
        yield event;
      }
    } finally {
      this.#isRead = false;
      this.#queue.clear();
    }
  }

  close(): void {
    clearTimeout(this.#silenceTimer);
  }

  #moveTo(seq: number, at = Date.now()): void {
    this.#seq = seq;
    this.#at = at;
    this.#isSilent = false;
    clearTimeout(this.#silenceTimer);
    if (this.#silenceMs > 0) {
      this.#silenceTimer = setTimeout(() => {
        this.#isSilent = true;
        if (this.#isRead) this.#queue.push({ kind: BookEventKind.Interrupted, reason: 'the engine is silent' });
      }, this.#silenceMs).unref();
    }
  }

  #toEvents(deltas: readonly PostedDelta[], before: number): readonly BookEvent[] {
    let last = before;
    return deltas.map((delta, i) => {
      const path = `deltas[${String(i)}]`;
      checkSequence(delta, last, { path, seq: before });
      last = delta.seq;
      return {
        kind: BookEventKind.Delta,
        bids: toLevels(delta.bids, this.#scales, `${path}.bids`),
        asks: toLevels(delta.asks, this.#scales, `${path}.asks`),
        venueSeq: delta.seq,
        venueAt: delta.at ?? Date.now(),
      };
    });
  }

  #checkRoom(events: readonly BookEvent[], seq: number): void {
    const levels = events.reduce((sum, { bids, asks }) => sum + bids.length + asks.length, 0);
    if (this.#queue.isFullFor(events.length, levels)) {
      throw new IngestError('queueFull', 'the publisher has not taken what was posted before: try again', { seq });
    }
  }

  #applyAll(events: readonly BookEvent[], seq: number): void {
    const undo: [Side, Level][] = [];
    try {
      for (const [i, { bids, asks }] of events.entries()) {
        for (const level of bids) this.#set(Side.Bids, level, undo);
        for (const level of asks) this.#set(Side.Asks, level, undo);
        checkBook(this.#book, { path: `deltas[${String(i)}]`, seq });
      }
    } catch (err) {
      for (const [side, level] of undo.reverse()) setLevel(this.#book, side, level);
      throw err;
    }
  }

  #set(side: Side, level: Level, undo: [Side, Level][]): void {
    undo.push([side, [level[0], this.#book.sizeAt(side, level[0])]]);
    setLevel(this.#book, side, level);
  }

  #snapshotEvent(): BookEvent {
    const { priceScale, sizeScale } = this.#announcedScales;
    const isAnnounced = this.#scales.priceScale === priceScale && this.#scales.sizeScale === sizeScale;
    return {
      kind: BookEventKind.Snapshot,
      bids: this.#book.bids(),
      asks: this.#book.asks(),
      venueSeq: this.#seq ?? 0,
      venueAt: this.#at,
      scales: isAnnounced ? undefined : this.#scales,
      sourceKind: this.#kind,
    };
  }
}

interface Place {
  readonly path?: string;
  readonly seq?: number;
}

function checkSequence({ seq, prev }: PostedDelta, last: number, { path, seq: before }: Required<Place>): void {
  const place = { path: `${path}.seq`, seq: before };
  if (seq <= last) {
    throw new IngestError('sequenceBackwards', `${String(seq)} does not come after ${String(last)}`, place);
  }
  const found = prev ?? seq - 1;
  if (found === last) return;
  const message = `${String(seq)} follows ${String(found)}, but the book stands at ${String(last)}: post a snapshot`;
  throw new IngestError('sequenceGap', message, place);
}

function checkBook(book: OrderBook, place: Place = {}): void {
  if (book.isCrossed) {
    throw new IngestError('crossedBook', 'the best bid reaches the best ask: no book rests like that', place);
  }
  if (Math.max(book.bidCount, book.askCount) > MAX_LEVELS_PER_SIDE) {
    throw new IngestError('bookTooLarge', `more than ${String(MAX_LEVELS_PER_SIDE)} levels on a side`, place);
  }
}

/** The levels of a whole side: each price once, and none that is empty. */
function toSnapshotSide(posted: PostedSnapshot['bids'], scales: Scales, side: Side): Level[] {
  const levels = toLevels(posted, scales, side);
  const prices = new Set<number>();
  for (const [i, [price, size]] of levels.entries()) {
    const path = `${side}[${String(i)}]`;
    if (size === 0) throw new IngestError('malformedLevel', 'a snapshot has no empty levels', { path: `${path}[1]` });
    if (prices.has(price)) throw new IngestError('malformedLevel', 'the price stands there twice', { path });
    prices.add(price);
  }
  return levels;
}

function setLevel(book: OrderBook, side: Side, level: Level): void {
  book.applyDelta(side === Side.Bids ? [level] : [], side === Side.Asks ? [level] : []);
}
