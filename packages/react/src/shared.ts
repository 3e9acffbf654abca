import { type Client, OutcryError } from '@outcry/client';

/** Where rooms and books get their client from, which is open as long as somebody uses it. */
export interface ClientSource {
  readonly client: Client | undefined;
  use(listener: () => void): () => void;
}

/**
 * What any number of components have in common: begun by the first that uses it, ended once the last has gone and none has come in
 * its place. StrictMode, and a view that gives way to another, take a user away and give it back within one turn of the loop.
 *
 * What components are shown is replaced as a whole, and told once for all that happens in one turn: a burst of messages is one render.
 */
export abstract class Shared<Shown> {
  readonly #listeners = new Set<() => void>();
  #shown: Shown;
  #ending: ReturnType<typeof setTimeout> | undefined;
  #isBegun = false;
  #isChanged = false;

  constructor(shown: Shown) {
    this.#shown = shown;
  }

  /** The same object until something has changed. */
  get shown(): Shown {
    return this.#shown;
  }

  /** Uses it until the result is called. The listener is told when `shown` is another. */
  use(listener: () => void): () => void {
    // Of its own, so that the same listener may use it twice.
    const tell = (): void => {
      listener();
    };
    clearTimeout(this.#ending);
    this.#listeners.add(tell);
    if (!this.#isBegun) {
      this.#isBegun = true;
      this.begin();
    }
    return () => {
      if (!this.#listeners.delete(tell) || this.#listeners.size > 0) return;
      this.#ending = setTimeout(() => {
        this.#isBegun = false;
        this.end();
      }, 0);
    };
  }

  protected abstract begin(): void;
  protected abstract end(): void;
  /** What is to be shown from now on. */
  protected abstract draw(): Shown;

  /** Something has changed that is shown. */
  protected change(): void {
    if (this.#isChanged) return;
    this.#isChanged = true;
    queueMicrotask(() => {
      this.#isChanged = false;
      this.#shown = this.draw();
      for (const tell of [...this.#listeners]) tell();
    });
  }
}

/** What the client throws and rejects with; anything else is a fault of the program, and is told as it is. */
export function toOutcryError(error: unknown): OutcryError {
  return error instanceof OutcryError ? error : new OutcryError('badRequest', String(error), { cause: error });
}
