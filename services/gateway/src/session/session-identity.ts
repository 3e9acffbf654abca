import { type Deadline, expiryOf } from '../connections/deadline.ts';
import type { Identity } from '../identity/identity.ts';

/** Who a session is, and until when. */
export class SessionIdentity {
  #current: Identity;
  #deadline: Deadline | undefined;

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

  /** Goes on as somebody else, or with a newer token. */
  replace(identity: Identity, clockToleranceMs: number): void {
    this.#current = identity;
    this.#deadline = expiryOf(identity, clockToleranceMs);
  }
}
