import { BookSide } from './book-side.ts';
import { type Level, Side } from './level.ts';

/**
 * The aggregated book of one symbol, in memory.
 *
 * It keeps the levels that it is given without copying or checking them: prices and sizes must be safe integers, sizes not
 * negative, and whoever hands in a level does not change it afterwards. A book says when it is crossed and takes no offence.
 */
export class OrderBook {
  readonly #bids = new BookSide(Side.Bids);
  readonly #asks = new BookSide(Side.Asks);

  /** Replaces the whole book. */
  applySnapshot(bids: readonly Level[], asks: readonly Level[]): void {
    this.#bids.replaceAll(bids);
    this.#asks.replaceAll(asks);
  }

  /** Sets absolute sizes, in the order given. Size 0 removes; removing an absent level changes nothing. */
  applyDelta(bids: readonly Level[], asks: readonly Level[]): void {
    for (const level of bids) this.#bids.set(level);
    for (const level of asks) this.#asks.set(level);
  }

  /** The best `depth` bids, high to low; 0 (the default) is all of them. The array is the caller's to keep. */
  bids(depth = 0): Level[] {
    return this.#bids.top(depth);
  }

  /** The best `depth` asks, low to high; 0 (the default) is all of them. The array is the caller's to keep. */
  asks(depth = 0): Level[] {
    return this.#asks.top(depth);
  }

  get bestBid(): Level | undefined {
    return this.#bids.best;
  }

  get bestAsk(): Level | undefined {
    return this.#asks.best;
  }

  get bidCount(): number {
    return this.#bids.count;
  }

  get askCount(): number {
    return this.#asks.count;
  }

  /** The size at a price, 0 where there is none. */
  sizeAt(side: Side, price: number): number {
    return (side === Side.Bids ? this.#bids : this.#asks).sizeAt(price);
  }

  /** The best bid reaches the best ask: no market rests like that, so something is wrong with what the book was told. */
  get isCrossed(): boolean {
    const bid = this.#bids.best;
    const ask = this.#asks.best;
    return bid !== undefined && ask !== undefined && bid[0] >= ask[0];
  }
}
