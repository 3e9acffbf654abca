import type { Seat } from '../limits/connection-limits.ts';
import { type Deadline, expiryOf } from '../connections/deadline.ts';
import type { Identity } from '../identity/identity.ts';

/** Who a session is, until when, and its seat among its user's connections. */
export class SessionIdentity {
  #current: Identity;
  #deadline: Deadline | undefined;
  #seat: Seat | undefined;

  /** @param clockToleranceMs How far the clocks of issuer and gateway may differ. */
  constructor(identity: Identity, clockToleranceMs: number) {
    this.#current = identity;
    this.#deadline = expiryOf(identity, clockToleranceMs);
  }

  get current(): Identity {
    return this.#current;
  }

  get deadline(): Deadline | undefined {
    return this.#deadline;
  }

  /** Goes on as somebody else, or with a newer token. The seat stays: taking another is the caller's. */
  replace(identity: Identity, clockToleranceMs: number): void {
    this.#current = identity;
    this.#deadline = expiryOf(identity, clockToleranceMs);
  }

  /** Takes the place of the former seat. */
  takeSeat(seat: Seat): void {
    this.#seat = seat;
  }

  leaveSeat(): void {
    this.#seat?.leave();
    this.#seat = undefined;
  }
}
