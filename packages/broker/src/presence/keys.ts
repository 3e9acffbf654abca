import { innerPart, type KeySpace } from '../redis/keys.ts';
import { partitionTagOf } from '../redis/partition.ts';

/** What a node's lease has in one partition. */
export interface PartitionNames {
  /** The fence under which entries may be written; absent where the lease is void. */
  readonly fence: string;
  /** Set of the rooms with entries of the lease. */
  readonly rooms: string;
}

export interface HeldNames extends PartitionNames {
  /** Hash: user to connections by way of the lease. */
  readonly held: string;
  /** Hash: user to connections in the cluster. */
  readonly members: string;
}

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

  inPartition(lease: string, tag: string): PartitionNames {
    const base = this.#space.baseIn(tag);
    return { fence: `${base}fence/${lease}`, rooms: `${base}held-rooms/${lease}` };
  }

  held(lease: string, room: string): HeldNames {
    const held = `${this.#space.baseOf(room)}held/${innerPart(lease)}/${room}`;
    return { ...this.inPartition(lease, partitionTagOf(room)), held, members: this.members(room) };
  }

  members(room: string): string {
    return `${this.#space.baseOf(room)}members/${room}`;
  }
}
