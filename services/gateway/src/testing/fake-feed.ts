import type { FeedDelta, FeedHandler, FeedInstrument, FeedPulse, FeedSnapshot, StoredBook } from '@outcry/broker';

import type { FeedReader } from '../books/feed-reader.ts';

/** A feed bus in memory that delivers at once, in the publisher's own turn. */
export class FakeFeed implements FeedReader {
  readonly #instruments: FeedInstrument[] = [];
  readonly #books = new Map<string, { readonly snapshot: FeedSnapshot; readonly deltas: FeedDelta[] }>();
  readonly #handlers = new Map<string, FeedHandler>();

  announce(symbol: string): void {
    this.#instruments.push({ symbol, priceScale: 1, sizeScale: 0 });
  }

  publishSnapshot(snapshot: FeedSnapshot): void {
    this.storeSnapshot(snapshot);
    this.handlerOf(snapshot.symbol)?.handleSnapshot(snapshot);
  }

  publishDelta(delta: FeedDelta): void {
    this.storeDelta(delta);
    this.handlerOf(delta.symbol)?.handleDelta(delta);
  }

  publishPulse(pulse: FeedPulse): void {
    this.handlerOf(pulse.symbol)?.handlePulse(pulse);
  }

  /** What `readBook` gives, without any delivery. */
  storeSnapshot(snapshot: FeedSnapshot): void {
    this.#books.set(snapshot.symbol, { snapshot, deltas: [] });
  }

  storeDelta(delta: FeedDelta): void {
    this.#books.get(delta.symbol)?.deltas.push(delta);
  }

  handlerOf(symbol: string): FeedHandler | undefined {
    return this.#handlers.get(symbol);
  }

  listInstruments(): Promise<readonly FeedInstrument[]> {
    return Promise.resolve([...this.#instruments]);
  }

  watch(symbol: string, handler: FeedHandler): Promise<void> {
    this.#handlers.set(symbol, handler);
    return Promise.resolve();
  }

  unwatch(symbol: string): Promise<void> {
    this.#handlers.delete(symbol);
    return Promise.resolve();
  }

  readBook(symbol: string): Promise<StoredBook | undefined> {
    const book = this.#books.get(symbol);
    return Promise.resolve(book === undefined ? undefined : { snapshot: book.snapshot, deltas: [...book.deltas] });
  }
}
