import { type Level, Side } from './level.ts';

/**
 * One side of a book, its levels sorted by price.
 *
 * The array runs from the worst price to the best, because nearly all changes happen near the best: at the end of an array
 * an insert or a removal moves only the few levels behind it.
 */
export class BookSide {
  readonly #rankOfPrice: 1 | -1;
  #levels: Level[] = [];

  constructor(side: Side) {
    this.#rankOfPrice = side === Side.Bids ? 1 : -1;
  }

  get count(): number {
    return this.#levels.length;
  }

  get best(): Level | undefined {
    return this.#levels.at(-1);
  }

  /** The best `depth` levels, best first; 0 is all of them. The array is the caller's, the levels in it are shared. */
  top(depth: number): Level[] {
    const start = depth === 0 ? 0 : Math.max(0, this.#levels.length - depth);
    return this.#levels.slice(start).reverse();
  }

  /** Replaces everything. Levels may come in any order; of two with one price the later counts, size 0 is left out. */
  replaceAll(levels: readonly Level[]): void {
    const isSorted = levels.every((level, i) => {
      const better = levels[i - 1];
      return level[1] !== 0 && (better === undefined || this.#isWorse(level[0], better[0]));
    });
    this.#levels = isSorted ? levels.toReversed() : [];
    if (!isSorted) for (const level of levels) this.set(level);
  }

  /** Sets the size of a price, or removes the price where the size is 0; removing what is not there changes nothing. */
  set(level: Level): void {
    const [price, size] = level;
    const index = this.#indexOf(price);
    const isPresent = this.#levels[index]?.[0] === price;
    if (size === 0) {
      if (isPresent) this.#levels.splice(index, 1);
    } else if (isPresent) {
      this.#levels[index] = level;
    } else {
      this.#levels.splice(index, 0, level);
    }
  }

  sizeAt(price: number): number {
    const level = this.#levels[this.#indexOf(price)];
    return level?.[0] === price ? level[1] : 0;
  }

  /** Where the price stands, or where it would have to be inserted. */
  #indexOf(price: number): number {
    let low = 0;
    let high = this.#levels.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const level = this.#levels[middle];
      if (level !== undefined && this.#isWorse(level[0], price)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #isWorse(price: number, other: number): boolean {
    return this.#rankOfPrice * (price - other) < 0;
  }
}
