/** Puts items off for a fixed time: each is handed out that long after it was put in. One timer serves them all. */
export class GracePeriod<T> {
  readonly #graceMs: number;
  readonly #onOver: (item: T) => void;
  /** In the order in which they are due. */
  readonly #waiting = new Set<{ readonly item: T; readonly dueAt: number }>();
  #timer: NodeJS.Timeout | undefined;

  constructor(graceMs: number, onOver: (item: T) => void) {
    this.#graceMs = graceMs;
    this.#onOver = onOver;
  }

  add(item: T): void {
    this.#waiting.add({ item, dueAt: performance.now() + this.#graceMs });
    if (this.#timer === undefined) this.#schedule(this.#graceMs);
  }

  /** Forgets what is waiting. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting.clear();
  }

  #schedule(delayMs: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#handOut();
    }, delayMs).unref();
  }

  #handOut(): void {
    const now = performance.now();
    for (const entry of this.#waiting) {
      if (entry.dueAt > now) {
        this.#schedule(entry.dueAt - now);
        return;
      }
      this.#waiting.delete(entry);
      this.#onOver(entry.item);
    }
  }
}
