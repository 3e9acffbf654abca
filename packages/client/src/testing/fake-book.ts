import { bookChecksum, type Level, OrderBook } from '@outcry/order-book';
import { formatScaled, type ReceivedFrame, type WireLevels } from '@outcry/protocol';

type Frame<T extends ReceivedFrame['type']> = Extract<ReceivedFrame, { type: T }>;

export const BOOK_CLASS = { symbol: 'BTCUSDT', depth: 0, interval: 100 };

/** A book at its source: it changes, is renumbered, and knows what it was at each place of its numbering. */
export class FakeBook {
  readonly #levels = new OrderBook();
  readonly #random: () => number;
  readonly #now: () => number;
  readonly #past = new Map<string, string>();
  #epochs = 1;
  #seq = 0;
  #scale = 1;

  constructor(random: () => number, now: () => number) {
    this.#random = random;
    this.#now = now;
    this.#levels.applySnapshot([[100, 5]], [[101, 5]]);
    this.#remember();
  }

  get seq(): number {
    return this.#seq;
  }

  get epoch(): string {
    return `b${String(this.#epochs)}`;
  }

  /** What stood in the book there: exact, and whatever the scales were. */
  textAt(epoch: string, seq: number): string | undefined {
    return this.#past.get(`${epoch}:${String(seq)}`);
  }

  /** A change of the book. */
  change(): Frame<'delta'> {
    const prev = this.#seq;
    const bids: Level[] = [[90 + this.#below(10), this.#below(3)]];
    const asks: Level[] = [[101 + this.#below(10), this.#below(3)]];
    this.#levels.applyDelta(bids, asks);
    this.#seq += 1 + this.#below(3);
    this.#remember();
    return { type: 'delta', ...this.#stamp(), bids: this.#toWire(bids), asks: this.#toWire(asks), prev };
  }

  snapshot(): Frame<'snapshot'> {
    const sides = { bids: this.#toWire(this.#levels.bids()), asks: this.#toWire(this.#levels.asks()) };
    return { type: 'snapshot', ...this.#stamp(), ...sides, priceScale: this.#scale, sizeScale: this.#scale };
  }

  heartbeat(): Frame<'heartbeat'> {
    return { type: 'heartbeat', ...BOOK_CLASS, seq: this.#seq };
  }

  /** Another publisher: the numbering begins anew, and the scales can have grown. */
  beginAnew(): void {
    this.#epochs += 1;
    this.#seq = this.#below(3);
    const bids = this.#levels.bids();
    const asks = this.#levels.asks();
    if (this.#scale < 4 && this.#random() < 0.5) {
      this.#scale += 1;
      this.#levels.applySnapshot(bids.map(finer), asks.map(finer));
    }
    this.#remember();
  }

  #remember(): void {
    const sides = [this.#levels.bids(), this.#levels.asks()];
    this.#past.set(`${this.epoch}:${String(this.#seq)}`, bookText(sides, this.#scale));
  }

  #stamp(): typeof BOOK_CLASS & Pick<Frame<'snapshot'>, 'epoch' | 'seq' | 'venueAt' | 'at' | 'venueSeq' | 'checksum'> {
    const checksum = bookChecksum(this.#levels.bids(), this.#levels.asks());
    return { ...BOOK_CLASS, epoch: this.epoch, seq: this.#seq, venueAt: 1, at: this.#now(), venueSeq: 3, checksum };
  }

  #toWire(levels: readonly Level[]): WireLevels {
    return levels.map(([price, size]) => [formatScaled(price, this.#scale), formatScaled(size, this.#scale)]);
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }
}

/** Levels as text, the same for the same levels only. */
export function bookText(sides: readonly (readonly Level[])[], scale: number): string {
  return JSON.stringify([scale, ...sides]);
}

function finer([price, size]: Level): Level {
  return [price * 10, size * 10];
}
