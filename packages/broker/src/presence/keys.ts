import { PARTITION_TAGS, partitionTagOf } from '../partition.ts';
import type { KeySpace } from '../redis/keys.ts';

/** What presence is called in Redis. */
export class PresenceKeys {
  /** Of the partitions whose rooms are meant. */
  readonly tags: readonly string[];
  readonly #space: KeySpace;
  readonly #home: string;

  /** @param partitions whose rooms are meant, where it is not those of all; at least one */
  constructor(space: KeySpace, partitions?: readonly number[]) {
    this.#space = space;
    this.tags = partitions?.map((partition) => PARTITION_TAGS[partition] ?? '') ?? PARTITION_TAGS;
    const home = partitionTagOf('leases');
    this.#home = this.tags.includes(home) ? home : (this.tags[0] ?? home);
  }

  /** A sorted set of the leases (scripts/leases.lua.ts): of all whose rooms are on one server, one set there. */
  get leases(): string {
    return `${this.#space.baseIn(this.#home)}leases/`;
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
