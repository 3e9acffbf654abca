import type { KeySpace } from '../redis/keys.ts';
import { PARTITION_TAGS } from '../redis/partition.ts';
import type { RedisConnection } from '../redis/connection.ts';

/** Entries that one step removes: Redis does nothing else meanwhile. */
const ENTRIES_PER_STEP = 100;
const ROOMS_PER_PAGE = 256;

/** Removes what an expired lease holds, partition by partition and room by room. */
export class PresenceReaper {
  readonly #commands: RedisConnection;
  readonly #keys: KeySpace;

  constructor({ commands, keys }: { readonly commands: RedisConnection; readonly keys: KeySpace }) {
    this.#commands = commands;
    this.#keys = keys;
  }

  /** Resolves with the entries removed; the lease is forgotten then. Where it rejects, it is to be done again. */
  async reap(lease: string): Promise<number> {
    const removed = await Promise.all(PARTITION_TAGS.map((tag) => this.#reapPartition(lease, tag)));
    await this.#commands.run((redis) => redis.zrem(this.#keys.leases, lease));
    return removed.reduce((sum, entries) => sum + entries, 0);
  }

  async #reapPartition(lease: string, tag: string): Promise<number> {
    const { fence, rooms } = this.#keys.lease(lease, tag);
    let removed = 0;
    for (;;) {
      const page = (await this.#commands.runScript('voidLease', [fence, rooms], [ROOMS_PER_PAGE])) as Buffer[];
      if (page.length === 0) return removed;
      for (const room of page) removed += await this.#reapRoom(lease, room.toString('latin1'));
    }
  }

  async #reapRoom(lease: string, room: string): Promise<number> {
    const { rooms, held, members } = this.#keys.presence(lease, room);
    const { channel } = this.#keys.room(room);
    let removed = 0;
    for (;;) {
      const reply = await this.#commands.runScript(
        'reapRoom',
        [rooms, held, members],
        [channel, room, ENTRIES_PER_STEP],
      );
      const [entries, remaining] = reply as [number, number];
      removed += entries;
      if (remaining === 0) return removed;
    }
  }
}
