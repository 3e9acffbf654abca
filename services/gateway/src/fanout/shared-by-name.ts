export interface SharedByNameOptions<T> {
  /** Makes the thing; it is found by `get` from now on. */
  create(name: string): T;
  /** Puts it to work. Where this rejects, the thing is forgotten, so that the next `acquire` tries again. */
  start(value: T): Promise<void>;
  /** Its last user has been gone for the linger time. */
  stop(value: T): void;
  readonly lingerMs: number;
}

interface Entry<T> {
  readonly value: T;
  /** Until it works. */
  ready: Promise<void> | undefined;
  users: number;
  linger: NodeJS.Timeout | undefined;
}

/**
 * Things of which a node needs one per name while somebody uses it: made with the first user, kept for a while after the
 * last, so that a reload or a quick reconnect costs nothing.
 */
export class SharedByName<T> {
  readonly #options: SharedByNameOptions<T>;
  readonly #entries = new Map<string, Entry<T>>();

  constructor(options: SharedByNameOptions<T>) {
    this.#options = options;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The thing, whether it has started yet or not. */
  get(name: string): T | undefined {
    return this.#entries.get(name)?.value;
  }

  *values(): Generator<T> {
    for (const { value } of this.#entries.values()) yield value;
  }

  /** One more user. Resolves when the thing works; every `acquire` that resolves needs its `release`. */
  async acquire(name: string): Promise<T> {
    const entry = this.#entries.get(name) ?? this.#open(name);
    clearTimeout(entry.linger);
    entry.linger = undefined;
    entry.users += 1;
    try {
      await entry.ready;
      entry.ready = undefined;
    } catch (err) {
      if (this.#entries.get(name) === entry) this.#entries.delete(name);
      throw err;
    }
    return entry.value;
  }

  /** One user less. */
  release(name: string): void {
    const entry = this.#entries.get(name);
    if (entry === undefined) return;
    entry.users -= 1;
    if (entry.users > 0) return;
    entry.linger ??= setTimeout(() => {
      this.#entries.delete(name);
      this.#options.stop(entry.value);
    }, this.#options.lingerMs).unref();
  }

  /** Forgets everything without stopping it. */
  clear(): void {
    for (const { linger } of this.#entries.values()) clearTimeout(linger);
    this.#entries.clear();
  }

  #open(name: string): Entry<T> {
    const value = this.#options.create(name);
    const entry: Entry<T> = { value, ready: this.#options.start(value), users: 0, linger: undefined };
    this.#entries.set(name, entry);
    return entry;
  }
}
