/** Something that has to happen once before others go on. */
export class Gate {
  /** Resolves when the gate opens, or at once where it has. */
  readonly opened: Promise<void>;
  #isOpen = false;
  #resolve = (): void => undefined;

  constructor() {
    this.opened = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Never closes again. */
  open(): void {
    this.#isOpen = true;
    this.#resolve();
  }
}
