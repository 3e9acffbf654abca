const LAG_INTERVAL_MS = 5000;

/** Has it told again and again how far a source is behind. */
export class LagWatch {
  readonly #tell: () => Promise<void>;
  #timer: NodeJS.Timeout | undefined;

  /** @param tell what it rejects with is a fault of the program */
  constructor(tell: () => Promise<void>) {
    this.#tell = tell;
  }

  start(): void {
    void this.#tell();
    this.#timer = setTimeout(() => {
      this.start();
    }, LAG_INTERVAL_MS);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
