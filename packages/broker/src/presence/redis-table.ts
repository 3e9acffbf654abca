import type { MemberEntry } from '@outcry/protocol';
import { OutcryError } from '../outcry-error.ts';
import type { RedisConnection } from '../redis/connection.ts';
import type { KeySpace } from '../redis/keys.ts';
import { PARTITION_TAGS } from '../redis/partition.ts';
import { PresenceKeys } from './keys.ts';
import { PresenceReaper } from './reaper.ts';
import { SET_LEASE, TEND_LEASES } from './scripts/leases.lua.ts';
import { LIST_MEMBERS, RAISE_FENCE, WRITE_MEMBERS } from './scripts/members.lua.ts';
import type { RoomMembers } from './store.ts';
import type { NodeLease, PresenceTable, Tended, TendRequest } from './table.ts';

export interface RedisPresenceTableParts {
  readonly commands: RedisConnection;
  readonly keys: KeySpace;
  /** Where the nodes that have joined a room are told who has come to it and who has gone. */
  readonly channelOf: (room: string) => string;
}

/**
 * Presence in Redis. In a room's own partition: a hash of its members, and for each lease what that lease holds of them; so
 * every step for a room needs nothing of another partition, and a count is the length of a hash.
 *
 * A lease must be void before what it holds is removed, or a late write would leave an entry that nobody removes. So each
 * partition knows the fence of each lease that may write there: reaping begins by deleting it.
 */
export class RedisPresenceTable implements PresenceTable {
  readonly #commands: RedisConnection;
  readonly #keys: PresenceKeys;
  readonly #channelOf: (room: string) => string;
  readonly #reaper: PresenceReaper;

  constructor(parts: RedisPresenceTableParts) {
    this.#commands = parts.commands;
    this.#keys = new PresenceKeys(parts.keys);
    this.#channelOf = parts.channelOf;
    this.#reaper = new PresenceReaper({ ...parts, keys: this.#keys });
  }

  async readRun(): Promise<string> {
    const info = await this.#commands.run((redis) => redis.info('server'));
    // Where it is kept from us, every run is another one.
    return /^run_id:(\w+)/m.exec(info)?.[1] ?? crypto.randomUUID();
  }

  async begin(lease: NodeLease, leaseMs: number): Promise<void> {
    await this.#commands.runScript(SET_LEASE, [this.#keys.leases], [lease.id, leaseMs, 'new']);
    const isOpen = await this.raiseFence(lease);
    // Whatever wipes Redis from now on wipes the fences, too, and so is noticed.
    const { isHeld } = await this.tend({ id: lease.id, leaseMs, claimMs: 0, maxGapMs: 0 });
    if (!isOpen || !isHeld) throw new OutcryError('unavailable', 'the presence lease was lost while it was taken');
  }

  async raiseFence({ id, fence }: NodeLease): Promise<boolean> {
    const replies = await Promise.all(
      PARTITION_TAGS.map((tag) =>
        this.#commands.runScript(RAISE_FENCE, [this.#keys.inPartition(id, tag).fence], [fence]),
      ),
    );
    return replies.every((reply) => reply === 1);
  }

  async tend({ id, leaseMs, claimMs, maxGapMs }: TendRequest): Promise<Tended> {
    const args = [id, leaseMs, claimMs, maxGapMs];
    const reply = await this.#commands.runScript(TEND_LEASES, [this.#keys.leases], args);
    const [held, expired] = reply as [number, Buffer[]];
    return { isHeld: held === 1, expired: expired.map((lease) => lease.toString('latin1')) };
  }

  async expire(id: string, afterMs: number): Promise<void> {
    await this.#commands.runScript(SET_LEASE, [this.#keys.leases], [id, afterMs, 'known']);
  }

  async write({ id, fence }: NodeLease, room: string, entries: readonly MemberEntry[]): Promise<number | 'refused'> {
    const keys = this.#keys.held(id, room);
    const reply = await this.#commands.runScript(
      WRITE_MEMBERS,
      [keys.fence, keys.rooms, keys.held, keys.members],
      [this.#channelOf(room), room, fence, ...entries.flatMap(({ user, connections }) => [user, connections])],
    );
    return reply === -1 ? 'refused' : (reply as number);
  }

  async list(room: string, limit: number): Promise<RoomMembers> {
    const reply = await this.#commands.runScript(LIST_MEMBERS, [this.#keys.members(room)], [limit]);
    const [count, fields] = reply as [number, Buffer[]];
    const members: MemberEntry[] = [];
    for (let i = 0; i < fields.length; i += 2) {
      members.push({
        user: String(fields[i]?.toString()),
        connections: Number(fields[i + 1]?.toString('latin1')),
      });
    }
    return { count, members };
  }

  reap(id: string): Promise<number> {
    return this.#reaper.reap(id);
  }
}
