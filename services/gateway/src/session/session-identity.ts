import { type Deadline, expiryOf } from '../connections/deadline.ts';
import type { Identity } from '../identity/identity.ts';
import type { RoomGrants } from '../identity/rights/room-grants.ts';
import { RoomRight } from '../identity/rights/room-rights.ts';

const TO_READ: ReadonlySet<RoomRight> = new Set([RoomRight.Read]);

/** Who a session is, until when, and which rooms the operator's server has put it into. */
export class SessionIdentity {
  /** What it came by. */
  #own: Identity;
  /** With what the server gave besides. */
  #current: Identity;
  #given: Set<string> | undefined;
  #deadline: Deadline | undefined;

  /** @param clockToleranceMs How far the clocks of issuer and gateway may differ. */
  constructor(identity: Identity, clockToleranceMs: number) {
    this.#own = this.#current = identity;
    this.#deadline = expiryOf(identity, clockToleranceMs);
  }

  get current(): Identity {
    return this.#current;
  }

  get deadline(): Deadline | undefined {
    return this.#deadline;
  }

  /** Goes on with a newer token, and keeps what the server gave; or as somebody else, without. */
  replace(identity: Identity, clockToleranceMs: number): void {
    if (identity.user !== this.#own.user) this.#given = undefined;
    this.#deadline = expiryOf(identity, clockToleranceMs);
    this.#own = identity;
    this.#merge();
  }

  /** Other rights in place of the token's. */
  replaceGrants(grants: RoomGrants): void {
    this.#own = { ...this.#own, grants };
    this.#merge();
  }

  /** The server lets it read a room. What it gave of rooms that the session has left since is forgotten. */
  give(room: string, isIn: (room: string) => boolean): void {
    this.#given = new Set([...(this.#given ?? [])].filter(isIn)).add(room);
    this.#merge();
  }

  takeBack(room: string): void {
    if (this.#given?.delete(room) === true) this.#merge();
  }

  #merge(): void {
    const given = [...(this.#given ?? [])].map((room) => [room, TO_READ] as const);
    const { grants } = this.#own;
    this.#current = given.length === 0 ? this.#own : { ...this.#own, grants: grants.with(given) };
  }
}
