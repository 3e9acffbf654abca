import { partitionTagOf } from '../partition.ts';
import { innerPart, type KeySpace } from '../redis/keys.ts';

export interface RoomNames {
  /** Hash: `epoch` and `seq`, and what `PUBLISH_MESSAGES` has to know of the stream. */
  readonly meta: string;
  /** Stream of bus envelopes, each under the id `<seq>-0`. */
  readonly stream: string;
  readonly channel: string;
  /** Hash, of a room that is archived: how far it is, and what `PUBLISH_MESSAGES` has to know of what is not. */
  readonly kept: string;
}

export interface ArchiveNames {
  /** Sorted set of the rooms of a partition that are archived, by when they were announced last. */
  readonly archived: string;
  /** Channel for their names, when they are. */
  readonly archives: string;
}

/** Rooms whose names in Redis are kept; with one more, all are forgotten. */
const MAX_KNOWN_ROOMS = 1024;

/** What rooms are called in Redis. */
export class RoomKeys {
  readonly #space: KeySpace;
  /** Every message asks for its room's names. */
  readonly #known = new Map<string, RoomNames>();

  constructor(space: KeySpace) {
    this.#space = space;
  }

  /** What the channels of all rooms match (`PUBSUB CHANNELS`). */
  get channels(): string {
    return `${this.#space.baseIn('*')}room/*`;
  }

  of(room: string): RoomNames {
    const known = this.#known.get(room);
    if (known !== undefined) return known;
    const base = this.#space.baseOf(room);
    const names = {
      meta: `${base}meta/${room}`,
      stream: `${base}stream/${room}`,
      channel: `${base}room/${room}`,
      kept: `${base}kept/${room}`,
    };
    if (this.#known.size === MAX_KNOWN_ROOMS) this.#known.clear();
    this.#known.set(room, names);
    return names;
  }

  /** Where a room is found that is archived. */
  archiveOf(room: string): ArchiveNames {
    return this.archiveIn(partitionTagOf(room));
  }

  archiveIn(tag: string): ArchiveNames {
    const base = this.#space.baseIn(tag);
    return { archived: `${base}archived/`, archives: `${base}archives/` };
  }

  /** The room of a channel. */
  roomOf(channel: string): string {
    return channel.slice(channel.indexOf('/') + 1);
  }

  idempotency(room: string, { sender, key }: { sender: string; key: string }): string {
    return `${this.#space.baseOf(room)}once/${innerPart(room)}/${innerPart(sender)}/${key}`;
  }
}
