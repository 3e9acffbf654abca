import type { Seat } from '../limits/connection-limits.ts';
import type { SessionPort } from '../transport/transport.ts';

/** A connection that gives its seat back when it closes, whatever it was for. */
export class CountedPort implements SessionPort {
  readonly #port: SessionPort;
  readonly #seat: Seat;

  constructor(port: SessionPort, seat: Seat) {
    this.#port = port;
    this.#seat = seat;
  }

  received(bytes: Uint8Array, isBinary: boolean): void {
    this.#port.received(bytes, isBinary);
  }

  alive(): void {
    this.#port.alive();
  }

  drained(): void {
    this.#port.drained();
  }

  overflowed(): void {
    this.#port.overflowed();
  }

  closed(code: number): void {
    this.#seat.leave();
    this.#port.closed(code);
  }
}
