/** A signal holds for this long; writers repeat theirs more often. */
const TYPING_SHOWN_MS = 5_000;

/** Who is writing just now: each name goes by itself when its user falls silent. */
export class TypingUsers {
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #onExpiry: () => void;

  constructor(onExpiry: () => void) {
    this.#onExpiry = onExpiry;
  }

  get names(): readonly string[] {
    return [...this.#timers.keys()];
  }

  add(user: string): void {
    clearTimeout(this.#timers.get(user));
    const timer = setTimeout(() => {
      this.#timers.delete(user);
      this.#onExpiry();
    }, TYPING_SHOWN_MS);
    this.#timers.set(user, timer);
  }

  delete(user: string): void {
    clearTimeout(this.#timers.get(user));
    this.#timers.delete(user);
  }

  clear(): void {
    for (const user of [...this.#timers.keys()]) this.delete(user);
  }
}
