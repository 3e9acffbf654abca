/**
 * Makes what is so what should be, again and again: when the last look said that the next is due, and at once where something has
 * changed meanwhile. There are never two looks at a time.
 */
export class ReconcileLoop {
  readonly #reconcile: () => Promise<number>;
  #timer: NodeJS.Timeout | undefined;
  #look: Promise<void> | undefined;
  #mustLookAgain = false;
  #isRunning = false;

  /** @param reconcile resolves with the time from its start until the next look is due. What it rejects with is a fault of the program. */
  constructor(reconcile: () => Promise<number>) {
    this.#reconcile = reconcile;
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  start(): void {
    this.#isRunning = true;
    this.hurry();
  }

  /** Something has changed: looks now rather than in a while. */
  hurry(): void {
    if (!this.#isRunning) return;
    this.#mustLookAgain = this.#look !== undefined;
    if (!this.#mustLookAgain) this.#lookNow();
  }

  /** Looks no more. Resolves when the look that is under way is over. */
  async stop(): Promise<void> {
    this.#isRunning = false;
    clearTimeout(this.#timer);
    await this.#look;
  }

  #lookNow(): void {
    clearTimeout(this.#timer);
    const startedAt = performance.now();
    this.#look = this.#reconcile().then((waitMs) => {
      this.#look = undefined;
      if (!this.#isRunning) return;
      const leftMs = this.#mustLookAgain ? 0 : Math.max(0, waitMs - (performance.now() - startedAt));
      this.#mustLookAgain = false;
      this.#timer = setTimeout(() => {
        this.#lookNow();
      }, leftMs);
    });
  }
}
