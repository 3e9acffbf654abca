/** A key, and what it has come to for certain. */
export interface HeavyHitter<K> {
  readonly key: K;
  readonly value: number;
}

interface Entry<K> {
  key: K;
  count: number;
  /** What of the count may be of keys that stood here before. */
  error: number;
  /** Its place in the heap. */
  at: number;
}

/**
 * Finds the heaviest of any number of keys with memory for `capacity` of them: Space-Saving, by weight (Metwally, Agrawal and
 * El Abbadi, 2005). A key that has no counter takes the smallest one over, with what it stands at.
 *
 * What is said of a key is what was certainly its own. The truth is at most `missed` more, also of a key of which nothing is known;
 * and `missed` is at most the sum of all weights divided by `capacity`. So whatever is heavier than that share is here.
 */
export class HeavyHitters<K> {
  readonly #capacity: number;
  readonly #entries = new Map<K, Entry<K>>();
  /** The smallest count first: each is at most as large as those at 2i+1 and 2i+2. */
  readonly #heap: Entry<K>[] = [];

  constructor(capacity: number) {
    if (!Number.isInteger(capacity) || capacity < 1) throw new RangeError('expected a capacity of 1 or more');
    this.#capacity = capacity;
  }

  /** What the truth may be more than is said, at most. */
  get missed(): number {
    return this.#heap.length < this.#capacity ? 0 : (this.#heap[0]?.count ?? 0);
  }

  /** What has certainly come to the key; 0 where nothing is known of it. */
  valueOf(key: K): number {
    const entry = this.#entries.get(key);
    return entry === undefined ? 0 : certainOf(entry);
  }

  /** Nothing is added by a weight that is not above 0. */
  add(key: K, weight: number): void {
    if (!(weight > 0)) return;
    const entry = this.#entries.get(key) ?? this.#admit(key);
    entry.count += weight;
    this.#sink(entry);
  }

  /** The heaviest, by what is certain. */
  top(count: number): readonly HeavyHitter<K>[] {
    return this.#heap
      .map((entry) => ({ key: entry.key, value: certainOf(entry) }))
      .sort((a, b) => b.value - a.value)
      .slice(0, count);
  }

  #admit(key: K): Entry<K> {
    const [smallest] = this.#heap;
    if (smallest !== undefined && this.#heap.length >= this.#capacity) {
      this.#entries.delete(smallest.key);
      smallest.key = key;
      smallest.error = smallest.count;
      this.#entries.set(key, smallest);
      return smallest;
    }
    const entry: Entry<K> = { key, count: 0, error: 0, at: this.#heap.length };
    this.#heap.push(entry);
    this.#entries.set(key, entry);
    this.#riseToTop(entry);
    return entry;
  }

  /** Of an entry that has 0, which no other has. */
  #riseToTop(entry: Entry<K>): void {
    while (entry.at > 0) this.#swap(entry, this.#heap[(entry.at - 1) >> 1]);
  }

  #sink(entry: Entry<K>): void {
    for (;;) {
      const left = this.#heap[2 * entry.at + 1];
      const right = this.#heap[2 * entry.at + 2];
      const smaller = right !== undefined && left !== undefined && right.count < left.count ? right : left;
      if (smaller === undefined || smaller.count >= entry.count) return;
      this.#swap(entry, smaller);
    }
  }

  #swap(one: Entry<K>, other: Entry<K> | undefined): void {
    if (other === undefined) return;
    const { at } = one;
    one.at = other.at;
    other.at = at;
    this.#heap[one.at] = one;
    this.#heap[other.at] = other;
  }
}

function certainOf({ count, error }: { readonly count: number; readonly error: number }): number {
  return count - error;
}
