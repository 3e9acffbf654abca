import { normalizeDecimal, type ServerFrameOf, type TopOfBook, type WireLevel } from '@outcry/testkit';

/** A level's numbers as decimal strings without trailing zeros, whichever encoding they came in. */
type Decimal = (value: number | string, scale: number) => string;

const toDecimal: Decimal = (value, scale) => {
  if (typeof value === 'string') return normalizeDecimal(value);
  const digits = String(value).padStart(scale + 1, '0');
  return normalizeDecimal(scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`);
};

/**
 * The book that a user would build from docs/PROTOCOL.md §5.3, in the plainest way: maps, and a look at every price for the
 * best one. It shares no code with the product, so that it can find it wrong.
 */
export class ClientBook {
  readonly #scales: { readonly price: number; readonly size: number };
  readonly #bids = new Map<number, string>();
  readonly #asks = new Map<number, string>();
  readonly #priceText = new Map<number, string>();
  epoch = '';
  seq = 0;
  venueSeq = 0;

  constructor(snapshot: ServerFrameOf<'snapshot'>) {
    this.#scales = { price: snapshot.priceScale, size: snapshot.sizeScale };
    this.reset(snapshot);
  }

  /** A later snapshot: what was held before is void. */
  reset(snapshot: ServerFrameOf<'snapshot'>): void {
    this.epoch = snapshot.epoch;
    this.seq = snapshot.seq;
    this.venueSeq = snapshot.venueSeq;
    this.#bids.clear();
    this.#asks.clear();
    this.#set(this.#bids, snapshot.bids);
    this.#set(this.#asks, snapshot.asks);
  }

  /** @throws Error where the delta does not follow what the book holds */
  apply(delta: ServerFrameOf<'delta'>): void {
    if (delta.prev !== this.seq)
      throw new Error(`a delta behind ${String(delta.prev)}, the book is at ${String(this.seq)}`);
    this.#set(this.#bids, delta.bids);
    this.#set(this.#asks, delta.asks);
    this.seq = delta.seq;
    this.venueSeq = delta.venueSeq;
  }

  get levels(): { readonly bids: number; readonly asks: number } {
    return { bids: this.#bids.size, asks: this.#asks.size };
  }

  /** Sizes by price, of both sides, in the order of prices. */
  sides(): {
    readonly bids: readonly (readonly [number, string])[];
    readonly asks: readonly (readonly [number, string])[];
  } {
    const byPrice = (side: Map<number, string>): [number, string][] => [...side].sort(([a], [b]) => a - b);
    return { bids: byPrice(this.#bids), asks: byPrice(this.#asks) };
  }

  top(): TopOfBook | undefined {
    const bid = Math.max(...this.#bids.keys());
    const ask = Math.min(...this.#asks.keys());
    const bidSize = this.#bids.get(bid);
    const askSize = this.#asks.get(ask);
    if (bidSize === undefined || askSize === undefined) return undefined;
    return { bid: [this.#priceText.get(bid) ?? '', bidSize], ask: [this.#priceText.get(ask) ?? '', askSize] };
  }

  #set(side: Map<number, string>, levels: readonly WireLevel[]): void {
    for (const [price, size] of levels) {
      const priceText = toDecimal(price, this.#scales.price);
      const sizeText = toDecimal(size, this.#scales.size);
      const rank = Number(priceText);
      this.#priceText.set(rank, priceText);
      if (sizeText === '0') side.delete(rank);
      else side.set(rank, sizeText);
    }
  }
}
