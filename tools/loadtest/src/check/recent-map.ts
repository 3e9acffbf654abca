/** A map of what was set last: it holds at least half of `maxSize` entries and at most all of them, and drops the older half at once. */
export class RecentMap<K, V> {
  readonly #maxSize: number;
  #newer = new Map<K, V>();
  #older = new Map<K, V>();
  #dropped = 0;

  constructor(maxSize: number) {
    this.#maxSize = maxSize;
  }

  /** How many entries are gone. */
  get dropped(): number {
    return this.#dropped;
  }

  get(key: K): V | undefined {
    return this.#newer.get(key) ?? this.#older.get(key);
  }

  set(key: K, value: V): void {
    this.#newer.set(key, value);
    if (this.#newer.size * 2 <= this.#maxSize) return;
    this.#dropped += this.#older.size;
    this.#older = this.#newer;
    this.#newer = new Map();
  }
}
