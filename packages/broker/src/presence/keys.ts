import type { KeySpace } from '../redis/keys.ts';

/** What presence is called in Redis. */
export class PresenceKeys {
  readonly #space: KeySpace;

  constructor(space: KeySpace) {
    this.#space = space;
  }

  /** A sorted set of the leases (scripts/leases.lua.ts). */
  get leases(): string {
    return `${this.#space.baseOf('leases')}leases/`;
  }

  /** What a lease has in one partition, a hash: its fence, and the rooms with entries of it (scripts/members.lua.ts). */
  lease(lease: string, tag: string): string {
    return `${this.#space.baseIn(tag)}lease/${lease}`;
  }

  /** Who is in a room by way of which lease, a hash (scripts/members.lua.ts). */
  users(room: string): string {
    return `${this.#space.baseOf(room)}users/${room}`;
  }
}
