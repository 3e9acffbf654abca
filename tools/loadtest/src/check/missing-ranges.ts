/** First and last number of a hole, both included. */
interface Range {
  readonly from: number;
  readonly to: number;
}

/** Holes that are remembered one by one; of older ones only the size is kept, so what fills them late counts as repeated. */
const MAX_RANGES = 1000;

/** Numbers that were skipped and may still come. */
export class MissingRanges {
  #ranges: Range[] = [];
  #forgotten = 0;

  /** How many numbers are missing. */
  get size(): number {
    return this.#ranges.reduce((sum, { from, to }) => sum + to - from + 1, this.#forgotten);
  }

  get holes(): number {
    return this.#ranges.length;
  }

  add(from: number, to: number): void {
    this.#ranges.push({ from, to });
    if (this.#ranges.length <= MAX_RANGES) return;
    const oldest = this.#ranges.shift();
    if (oldest !== undefined) this.#forgotten += oldest.to - oldest.from + 1;
  }

  /** Takes one number out; false where it was not missing. */
  fill(seq: number): boolean {
    const range = this.#find(seq);
    if (range === undefined) return false;
    this.#ranges = this.#ranges.flatMap((other) => (other === range ? without(seq, range) : [other]));
    return true;
  }

  /** Takes out the whole hole that a number is in; false where it is in none. */
  close(seq: number): boolean {
    const range = this.#find(seq);
    if (range === undefined) return false;
    this.#ranges = this.#ranges.filter((other) => other !== range);
    return true;
  }

  #find(seq: number): Range | undefined {
    return this.#ranges.find(({ from, to }) => from <= seq && seq <= to);
  }
}

function without(seq: number, { from, to }: Range): readonly Range[] {
  const parts = [
    { from, to: seq - 1 },
    { from: seq + 1, to },
  ];
  return parts.filter((part) => part.from <= part.to);
}
