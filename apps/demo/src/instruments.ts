import type { Instrument } from '@outcry/protocol';
import type { Requester } from './frames.ts';

const ASK_AGAIN_MS = 2_000;

/** Asks which books there are, until there are some: a publisher may start after its gateways. */
export class Instruments {
  readonly #connection: Requester;
  readonly #onKnown: (instruments: readonly Instrument[]) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(connection: Requester, onKnown: (instruments: readonly Instrument[]) => void) {
    this.#connection = connection;
    this.#onKnown = onKnown;
  }

  /** To be called on each new connection. */
  ask(): void {
    clearTimeout(this.#timer);
    this.#connection.request({ type: 'symbols' }).then(
      (answer) => {
        const instruments = answer.type === 'ack' ? (answer.instruments ?? []) : [];
        this.#onKnown(instruments);
        if (instruments.length === 0) this.#askLater();
      },
      () => {
        this.#askLater();
      },
    );
  }

  #askLater(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.ask();
    }, ASK_AGAIN_MS);
  }
}
