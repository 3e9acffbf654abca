const FIRST_CAPACITY = 64;

/** A list of numbers in eight bytes each: logs of millions of entries fit into memory, where objects would not. */
export class NumberList {
  #values = new Float64Array(FIRST_CAPACITY);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    this.set(this.#length, value);
  }

  /** Grows the list where the index lies behind its end; what lies between is 0. */
  set(index: number, value: number): void {
    if (index >= this.#values.length) {
      const grown = new Float64Array(Math.max(this.#values.length * 2, index + 1));
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[index] = value;
    this.#length = Math.max(this.#length, index + 1);
  }

  /** 0 where nothing was set. */
  at(index: number): number {
    return this.#values[index] ?? 0;
  }
}
