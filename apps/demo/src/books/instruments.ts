import type { Client, Instrument } from '@outcry/client';

const ASK_AGAIN_MS = 2_000;

/** Asks which books there are, until there are some: a publisher may start after its gateways. */
export class Instruments {
  readonly #client: Pick<Client, 'symbols'>;
  readonly #onKnown: (instruments: readonly Instrument[]) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(client: Pick<Client, 'symbols'>, onKnown: (instruments: readonly Instrument[]) => void) {
    this.#client = client;
    this.#onKnown = onKnown;
  }

  /** To be called on each new connection. */
  ask(): void {
    clearTimeout(this.#timer);
    this.#client.symbols().then(
      (instruments) => {
        this.#onKnown(instruments);
        if (instruments.length === 0) this.#askLater();
      },
      // The next connection asks again.
      () => undefined,
    );
  }

  #askLater(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.ask();
    }, ASK_AGAIN_MS);
  }
}
