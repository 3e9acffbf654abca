import { OutcryError } from '../outcry-error.ts';
import { partitionTagOf } from './partition.ts';

export interface RoomKeys {
  /** Hash: `epoch` and `seq`. */
  readonly meta: string;
  /** Stream of bus envelopes, each under the id `<seq>-0`. */
  readonly stream: string;
  readonly channel: string;
}

export interface BookKeys {
  /** The latest snapshot frame. */
  readonly snapshot: string;
  /** List of the delta frames published since. */
  readonly deltas: string;
  readonly channel: string;
  /** That of the lease of the symbol's name. */
  readonly fence: string;
}

/** A lease by name (scripts/lease.lua.ts). */
export interface NamedLeaseKeys {
  /** The holder's fence, for as long as the lease lasts. */
  readonly holder: string;
  /** The highest fence that was granted or used. */
  readonly fence: string;
}

/** What a node's presence lease has in one partition. */
export interface LeaseKeys {
  /** The fence under which entries may be written; absent where the lease is void. */
  readonly fence: string;
  /** Set of the rooms with entries of the lease. */
  readonly rooms: string;
}

export interface PresenceKeys extends LeaseKeys {
  /** Hash: user to connections by way of the lease. */
  readonly held: string;
  /** Hash: user to connections in the cluster. */
  readonly members: string;
}

/** Rooms whose names in Redis are kept; with one more, all are forgotten. */
const MAX_KNOWN_ROOMS = 1024;

const PREFIX_PATTERN = /^[A-Za-z0-9._:-]{1,64}$/;

/**
 * Every name that outcry uses in Redis: `<prefix>:{<partition tag>}:<kind>/<name>`.
 *
 * The first brace of a name is ours, so nothing behind it can move the name to another slot. No room and no user has a slash
 * in it, and what may have one (symbol, idempotency key) comes last, so two things never share a name.
 */
export class KeySpace {
  readonly #prefix: string;
  /** Every message asks for its room's names. */
  readonly #rooms = new Map<string, RoomKeys>();

  /** @throws OutcryError `badConfig` where the prefix could not be told from the rest of a name */
  constructor(prefix: string) {
    if (!PREFIX_PATTERN.test(prefix)) {
      throw new OutcryError('badConfig', 'the Redis prefix must be 1 to 64 of A-Z, a-z, 0-9 and ._:-');
    }
    this.#prefix = prefix;
  }

  /** A hash of the instruments of all feeds, by symbol. */
  get instruments(): string {
    return this.#base('instruments') + 'instruments/';
  }

  room(room: string): RoomKeys {
    const known = this.#rooms.get(room);
    if (known !== undefined) return known;
    const base = this.#base(room);
    const keys = { meta: `${base}meta/${room}`, stream: `${base}stream/${room}`, channel: `${base}room/${room}` };
    if (this.#rooms.size === MAX_KNOWN_ROOMS) this.#rooms.clear();
    this.#rooms.set(room, keys);
    return keys;
  }

  /** What the channels of all rooms match (`PUBSUB CHANNELS`). A prefix has nothing in it that a pattern would take for its own. */
  get roomChannels(): string {
    return `${this.#partition('*')}room/*`;
  }

  /** The room of a channel. */
  roomOf(channel: string): string {
    return channel.slice(channel.indexOf('/') + 1);
  }

  idempotency(room: string, { sender, key }: { sender: string; key: string }): string {
    return `${this.#base(room)}once/${room}/${sender}/${key}`;
  }

  book(symbol: string): BookKeys {
    const base = this.#base(symbol);
    return {
      snapshot: `${base}snapshot/${symbol}`,
      deltas: `${base}deltas/${symbol}`,
      channel: `${base}feed/${symbol}`,
      fence: this.namedLease(symbol).fence,
    };
  }

  namedLease(name: string): NamedLeaseKeys {
    const base = this.#base(name);
    return { holder: `${base}holder/${name}`, fence: `${base}granted/${name}` };
  }

  /** A channel for the names of leases that are released. */
  get releases(): string {
    return this.#base('releases') + 'releases/';
  }

  /** A channel that every gateway listens to (redis-control-bus.ts). */
  get control(): string {
    return this.#base('control') + 'control/';
  }

  /** A sorted set of the publishers, and a hash of what they offer (scripts/publisher-roster.lua.ts). */
  get roster(): { readonly publishers: string; readonly offers: string } {
    const base = this.#base('roster');
    return { publishers: `${base}publishers/`, offers: `${base}offers/` };
  }

  /** A sorted set of the gateways, and a hash of what they report (scripts/node-roster.lua.ts). */
  get nodes(): { readonly present: string; readonly reports: string } {
    const base = this.#base('nodes');
    return { present: `${base}nodes/`, reports: `${base}reports/` };
  }

  /** A hash of accounts: user to password hash. */
  get accounts(): string {
    return this.#base('accounts') + 'accounts/';
  }

  /** A sorted set and a channel of revocations (scripts/revoke.lua.ts). */
  get revocations(): { readonly set: string; readonly channel: string } {
    const base = this.#base('revocations');
    return { set: `${base}revocations/`, channel: `${base}revoked/` };
  }

  /** What is counted of a subject (scripts/shared-limits.lua.ts). */
  limits(subject: string): { readonly counts: string; readonly bucket: string } {
    const base = this.#base(subject);
    return { counts: `${base}counts/${subject}`, bucket: `${base}bucket/${subject}` };
  }

  /** A sorted set of the presence leases (scripts/presence-leases.lua.ts). */
  get leases(): string {
    return this.#base('leases') + 'leases/';
  }

  lease(lease: string, tag: string): LeaseKeys {
    const base = this.#partition(tag);
    return { fence: `${base}fence/${lease}`, rooms: `${base}held-rooms/${lease}` };
  }

  presence(lease: string, room: string): PresenceKeys {
    const held = `${this.#base(room)}held/${lease}/${room}`;
    return { ...this.lease(lease, partitionTagOf(room)), held, members: this.members(room) };
  }

  members(room: string): string {
    return `${this.#base(room)}members/${room}`;
  }

  /** A channel that only one node listens to. */
  loopback(node: string): string {
    return `${this.#base(node)}loopback/${node}`;
  }

  #base(name: string): string {
    return this.#partition(partitionTagOf(name));
  }

  #partition(tag: string): string {
    return `${this.#prefix}:{${tag}}:`;
  }
}
