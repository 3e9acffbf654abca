/** A time for which this publisher leads a symbol. */
export class Term {
  /** Of the lease; goes with every frame. */
  readonly fence: number;
  /** Its epoch has begun. */
  isOpen = false;
  readonly #ending = new AbortController();

  constructor(fence: number) {
    this.fence = fence;
  }

  /** Aborts when nothing is to be tried again. */
  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  end(): void {
    this.#ending.abort();
  }
}
