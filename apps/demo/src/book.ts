import type { WireLevels } from '@outcry/protocol';
import type { Received } from './frames.ts';

export type Side = 'bids' | 'asks';

/** Price and size are decimal strings, exactly as received. */
export interface BookLevel {
  readonly price: string;
  readonly size: string;
}

/** What a change did to the level, so that a view can show it. */
export interface LevelChange {
  readonly side: Side;
  readonly price: string;
  readonly direction: 'up' | 'down';
}

/** One class of one book as the gateway has told it. It is right, or `apply` has said that it is not. */
export class Book {
  readonly epoch: string;
  readonly priceScale: number;
  readonly sizeScale: number;
  #seq: number;
  #bids: readonly BookLevel[];
  #asks: readonly BookLevel[];

  constructor(snapshot: Received<'snapshot'>) {
    this.epoch = snapshot.epoch;
    this.priceScale = snapshot.priceScale;
    this.sizeScale = snapshot.sizeScale;
    this.#seq = snapshot.seq;
    this.#bids = snapshot.bids.map(toLevel);
    this.#asks = snapshot.asks.map(toLevel);
  }

  get seq(): number {
    return this.#seq;
  }

  /** High to low. */
  get bids(): readonly BookLevel[] {
    return this.#bids;
  }

  /** Low to high. */
  get asks(): readonly BookLevel[] {
    return this.#asks;
  }

  /** The levels changed; or `undefined` where the delta does not follow what is held: then nothing has been applied. */
  apply(delta: Received<'delta'>): readonly LevelChange[] | undefined {
    if (delta.prev !== this.#seq) return undefined;
    this.#seq = delta.seq;
    const changes: LevelChange[] = [];
    this.#bids = applySide(this.#bids, delta.bids, { side: 'bids', changes });
    this.#asks = applySide(this.#asks, delta.asks, { side: 'asks', changes });
    return changes;
  }
}

function toLevel([price, size]: WireLevels[number]): BookLevel {
  return { price: String(price), size: String(size) };
}

function applySide(
  levels: readonly BookLevel[],
  updates: WireLevels,
  { side, changes }: { side: Side; changes: LevelChange[] },
): readonly BookLevel[] {
  if (updates.length === 0) return levels;
  const byPrice = new Map(levels.map((level) => [level.price, level]));
  for (const { price, size } of updates.map(toLevel)) {
    const before = Number(byPrice.get(price)?.size ?? 0);
    const after = Number(size);
    if (after === 0) byPrice.delete(price);
    else byPrice.set(price, { price, size });
    if (after !== before) changes.push({ side, price, direction: after > before ? 'up' : 'down' });
  }
  const sign = side === 'bids' ? -1 : 1;
  return [...byPrice.values()].sort((a, b) => sign * (Number(a.price) - Number(b.price)));
}
