import { crc32 } from 'node:zlib';

import type { ServerFrameOf, WireLevel } from '@outcry/testkit';

interface HeldLevel {
  readonly size: string;
  /** As the level stands in a checksum. */
  readonly digits: string;
}

type Side = Map<number, HeldLevel>;
type SideView = readonly (readonly [price: number, size: string])[];

/** The levels of each side that a checksum is of. */
const CHECKED_LEVELS = 10;

/** A book built as docs/PROTOCOL.md §5.3 tells a client to build it: nothing is cut, nothing is assumed. */
export class RawBook {
  readonly #bids: Side = new Map();
  readonly #asks: Side = new Map();
  #seq: number;

  constructor(snapshot: ServerFrameOf<'snapshot'>) {
    this.#seq = snapshot.seq;
    put(this.#bids, snapshot.bids);
    put(this.#asks, snapshot.asks);
  }

  get seq(): number {
    return this.#seq;
  }

  /** @throws where the delta does not follow what is held */
  apply(delta: ServerFrameOf<'delta'>): void {
    if (delta.prev !== this.#seq) throw new Error(`prev is ${String(delta.prev)}, held is ${String(this.#seq)}`);
    this.#seq = delta.seq;
    put(this.#bids, delta.bids);
    put(this.#asks, delta.asks);
  }

  /** Both sides, best first. */
  view(): { bids: SideView; asks: SideView } {
    return { bids: sizesOf(bestFirst(this.#bids, -1)), asks: sizesOf(bestFirst(this.#asks, 1)) };
  }

  /** The checksum of what is held. */
  checksum(): number {
    const levels = [this.#asks, this.#bids].flatMap((side) =>
      bestFirst(side, side === this.#asks ? 1 : -1).slice(0, CHECKED_LEVELS),
    );
    return crc32(levels.map(([, { digits }]) => digits).join(''));
  }
}

function put(side: Side, levels: readonly WireLevel[]): void {
  for (const [price, size] of levels) {
    if (Number(size) === 0) side.delete(Number(price));
    else side.set(Number(price), { size: String(size), digits: digitsOf(price) + digitsOf(size) });
  }
}

/** A decimal, or an integer of the instrument's scale, without its point and leading zeros: the same for both. */
function digitsOf(value: number | string): string {
  return String(value).replace('.', '').replace(/^0+/, '');
}

function bestFirst(side: Side, order: 1 | -1): readonly (readonly [number, HeldLevel])[] {
  return [...side].sort(([a], [b]) => order * (a - b));
}

function sizesOf(levels: readonly (readonly [number, HeldLevel])[]): SideView {
  return levels.map(([price, { size }]) => [price, size] as const);
}
