/** Two of them, and the time limit of a command, are less than the 5 s within which a node must know what its Redis stores. */
const ROUND_MS = 1400;
/**
 * Of each other round. What is between two of those, with the limit of an echo and the time a connection may take to close, is less
 * than the 6 s within which a node must know that it is deaf; and less than what is between two pings, so that a connection that hears
 * itself is not asked besides.
 */
const ROUNDS_TO_AN_ECHO = 2;

export interface RoundsPort {
  /** Asks whether Redis stores. */
  look(): void;
  /** Asks for what is heard. */
  listen(): void;
}

/**
 * What a node asks of a server again and again. It is asked in one turn of the loop and so leaves in one write: a question that comes
 * alone costs the server more to read than to answer.
 */
export class Rounds {
  readonly #port: RoundsPort;
  #timer: NodeJS.Timeout | undefined;
  #count = 0;

  constructor(port: RoundsPort) {
    this.#port = port;
  }

  start(): void {
    this.stop();
    this.#timer = setInterval(() => {
      this.#count += 1;
      this.#port.look();
      if (this.#count % ROUNDS_TO_AN_ECHO === 0) this.#port.listen();
    }, ROUND_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
