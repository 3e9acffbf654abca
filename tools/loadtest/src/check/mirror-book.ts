import { bookChecksum, type Level, OrderBook, parseScaled } from '@outcry/order-book';
import type { WireLevels } from '@outcry/protocol';

interface Sides {
  readonly bids: WireLevels;
  readonly asks: WireLevels;
  /** Each frame has one, where it was asked for. */
  readonly checksum?: number;
}

const CHECKED_LEVELS = 10;

/** One watcher's own copy of a book, by what it was sent; each frame's checksum says what the copy has to be. */
export class MirrorBook {
  readonly #book = new OrderBook();
  #scales = { price: 0, size: 0 };
  /** Undefined where the copy is not whole: nothing can be said of it until the next snapshot. */
  #seq: number | undefined;

  /** Whether the copy is what the frame says. */
  snapshot(frame: Sides & { readonly seq: number; readonly priceScale: number; readonly sizeScale: number }): boolean {
    this.#scales = { price: frame.priceScale, size: frame.sizeScale };
    this.#book.applySnapshot(this.#toLevels(frame.bids), this.#toLevels(frame.asks));
    this.#seq = frame.seq;
    return this.#isRight(frame);
  }

  delta(frame: Sides & { readonly prev: number; readonly seq: number }): boolean {
    if (this.#seq === undefined || frame.prev !== this.#seq) {
      this.#seq = undefined;
      return true;
    }
    this.#book.applyDelta(this.#toLevels(frame.bids), this.#toLevels(frame.asks));
    this.#seq = frame.seq;
    return this.#isRight(frame);
  }

  #isRight({ checksum }: Sides): boolean {
    return checksum === bookChecksum(this.#book.bids(CHECKED_LEVELS), this.#book.asks(CHECKED_LEVELS));
  }

  #toLevels(levels: WireLevels): Level[] {
    const { price: priceScale, size: sizeScale } = this.#scales;
    return levels.map(([price, size]) => [toScaled(price, priceScale), toScaled(size, sizeScale)]);
  }
}

/** JSON has decimals, msgpack integers. */
function toScaled(value: number | string, scale: number): number {
  return typeof value === 'number' ? value : parseScaled(value, scale);
}
