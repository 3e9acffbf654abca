/** What a browser keeps for the page, or, where it keeps nothing or no more, the page itself until it is closed. */
export class Keepsake {
  readonly #open: () => Storage;
  readonly #memory = new Map<string, string>();

  /** `open` throws where the visitor allows no storage: the property itself does, not its methods. */
  constructor(open: () => Storage) {
    this.#open = open;
  }

  get(key: string): string | undefined {
    return this.#memory.get(key) ?? this.#try((storage) => storage.getItem(key)) ?? undefined;
  }

  set(key: string, text: string): void {
    this.#memory.delete(key);
    const isKept = this.#try((storage) => {
      storage.setItem(key, text);
      return true;
    });
    if (isKept !== true) this.#memory.set(key, text);
  }

  remove(key: string): void {
    this.#memory.delete(key);
    this.#try((storage) => {
      storage.removeItem(key);
    });
  }

  #try<T>(act: (storage: Storage) => T): T | undefined {
    try {
      return act(this.#open());
    } catch {
      // Full, or not allowed.
      return undefined;
    }
  }
}
