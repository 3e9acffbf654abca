import type { RedisConnection } from '../redis/connection.ts';
import { PARTITION_TAGS } from '../redis/partition.ts';
import type { PresenceKeys } from './keys.ts';
import { REAP_ROOM, VOID_LEASE } from './scripts/members.lua.ts';

/** Entries that one step removes: Redis does nothing else meanwhile. */
const ENTRIES_PER_STEP = 100;
const ROOMS_PER_PAGE = 256;

export interface PresenceReaperParts {
  readonly commands: RedisConnection;
  readonly keys: PresenceKeys;
  readonly channelOf: (room: string) => string;
}

/** Removes what an expired lease holds, partition by partition and room by room. */
export class PresenceReaper {
  readonly #commands: RedisConnection;
  readonly #keys: PresenceKeys;
  readonly #channelOf: (room: string) => string;

  constructor({ commands, keys, channelOf }: PresenceReaperParts) {
    this.#commands = commands;
    this.#keys = keys;
    this.#channelOf = channelOf;
  }

  /** Resolves with the entries removed; the lease is forgotten then. Where it rejects, it is to be done again. */
  async reap(lease: string): Promise<number> {
    const removed = await Promise.all(PARTITION_TAGS.map((tag) => this.#reapPartition(lease, tag)));
    await this.#commands.run((redis) => redis.zrem(this.#keys.leases, lease));
    return removed.reduce((sum, entries) => sum + entries, 0);
  }

  async #reapPartition(lease: string, tag: string): Promise<number> {
    const { fence, rooms } = this.#keys.inPartition(lease, tag);
    let removed = 0;
    for (;;) {
      const page = (await this.#commands.runScript(VOID_LEASE, [fence, rooms], [ROOMS_PER_PAGE])) as Buffer[];
      if (page.length === 0) return removed;
      for (const room of page) removed += await this.#reapRoom(lease, room.toString());
    }
  }

  async #reapRoom(lease: string, room: string): Promise<number> {
    const { rooms, held, members } = this.#keys.held(lease, room);
    const channel = this.#channelOf(room);
    let removed = 0;
    for (;;) {
      const reply = await this.#commands.runScript(
        REAP_ROOM,
        [rooms, held, members],
        [channel, room, ENTRIES_PER_STEP],
      );
      const [entries, remaining] = reply as [number, number];
      removed += entries;
      if (remaining === 0) return removed;
    }
  }
}
