import { partitionTagOf } from '../partition.ts';
import type { Router } from '../redis/router.ts';
import type { PresenceKeys } from './keys.ts';
import type { Notes } from './notes.ts';
import { pagesOf } from './pages.ts';
import { ARE_IN_FORCE, REAP_ROOM, VOID_LEASE } from './scripts/members.lua.ts';

/** Users that one step looks at: Redis does nothing else meanwhile. */
const USERS_PER_STEP = 100;
const ROOMS_PER_PAGE = 256;
/** Keys of leases in force; with one more, all are asked about again. */
const MAX_KNOWN_KEYS = 16_384;

export interface PresenceReaperParts {
  readonly redis: Pick<Router, 'run' | 'runScript'>;
  readonly keys: PresenceKeys;
  readonly channelOf: (room: string) => string;
  readonly notes: Pick<Notes, 'of'>;
}

/** Removes what an expired lease holds, partition by partition and room by room. */
export class PresenceReaper {
  readonly #redis: PresenceReaperParts['redis'];
  readonly #keys: PresenceKeys;
  readonly #channelOf: (room: string) => string;
  readonly #notes: PresenceReaperParts['notes'];
  /** Keys of leases that were in force at the last look. */
  readonly #inForce = new Set<string>();

  constructor({ redis, keys, channelOf, notes }: PresenceReaperParts) {
    this.#redis = redis;
    this.#keys = keys;
    this.#channelOf = channelOf;
    this.#notes = notes;
  }

  /** Resolves with the entries removed; the lease is forgotten then. Where it rejects, it is to be done again. */
  async reap(lease: string): Promise<number> {
    const removed = await Promise.all(this.#keys.tags.map((tag) => this.#reapPartition(lease, tag)));
    await this.#redis.run(this.#keys.leases, (redis) => redis.zrem(this.#keys.leases, lease));
    return removed.reduce((sum, entries) => sum + entries, 0);
  }

  /** What of these leases is in the room though they are void: what they have in the partition was forgotten. */
  async reapVoid(leases: readonly string[], room: string): Promise<number> {
    let removed = 0;
    for (const lease of await this.#findVoid(leases, partitionTagOf(room)))
      removed += await this.#reapRoom(lease, room);
    return removed;
  }

  beginReview(): void {
    this.#inForce.clear();
  }

  async #findVoid(leases: readonly string[], tag: string): Promise<readonly string[]> {
    const unsure = leases.filter((lease) => !this.#inForce.has(this.#keys.lease(lease, tag)));
    const found: string[] = [];
    for (const page of pagesOf(unsure)) {
      const keys = page.map((lease) => this.#keys.lease(lease, tag));
      const areInForce = (await this.#redis.runScript(ARE_IN_FORCE, keys as [string], [])) as readonly number[];
      if (this.#inForce.size + page.length > MAX_KNOWN_KEYS) this.#inForce.clear();
      for (const [i, key] of keys.entries()) if (areInForce[i] === 1) this.#inForce.add(key);
      found.push(...page.filter((_, i) => areInForce[i] !== 1));
    }
    return found;
  }

  async #reapPartition(lease: string, tag: string): Promise<number> {
    const key = this.#keys.lease(lease, tag);
    let removed = 0;
    for (;;) {
      const page = (await this.#redis.runScript(VOID_LEASE, [key], [ROOMS_PER_PAGE])) as Buffer[];
      if (page.length === 0) return removed;
      for (const room of page) removed += await this.#reapRoom(lease, String(room));
    }
  }

  async #reapRoom(lease: string, room: string): Promise<number> {
    const notes = this.#notes.of(room);
    const keys = [this.#keys.lease(lease, partitionTagOf(room)), this.#keys.users(room), ...notes.keys] as const;
    const channel = this.#channelOf(room);
    let removed = 0;
    let cursor = '0';
    do {
      const reply = await this.#redis.runScript(REAP_ROOM, keys, [
        ...[channel, room, lease, cursor, USERS_PER_STEP],
        ...notes.args,
      ]);
      const [next, entries] = reply as [Buffer, number];
      cursor = String(next);
      removed += entries;
    } while (cursor !== '0');
    return removed;
  }
}
