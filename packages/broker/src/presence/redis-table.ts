import type { MemberEntry } from '@outcry/protocol';
import { NOTHING_TOLD, type ToldEvents } from '../events/telling.ts';
import { OutcryError } from '../outcry-error.ts';
import type { KeySpace } from '../redis/keys.ts';
import type { Router } from '../redis/router.ts';
import { partitionTagOf } from '../partition.ts';
import { readField } from '../redis/server/server-info.ts';
import { PRESENCE_TTL_MS } from './defaults.ts';
import { PresenceKeys } from './keys.ts';
import { Notes } from './notes.ts';
import { pagesOf } from './pages.ts';
import { PresenceReaper } from './reaper.ts';
import { KNOW_LEASES, SET_LEASE, TEND_LEASES } from './scripts/leases.lua.ts';
import { LIST_MEMBERS, RAISE_FENCE, WRITE_MEMBERS } from './scripts/members.lua.ts';
import type { RoomMembers } from './store.ts';
import type { NodeLease, PresenceTable, Tended, TendRequest, WriteRequest, Written } from './table.ts';

/** With one more, all are asked about again. */
const MAX_KNOWN_LEASES = 4096;

export interface RedisPresenceTableParts {
  readonly redis: Pick<Router, 'run' | 'runScript'>;
  readonly keys: KeySpace;
  /** Those whose rooms are kept here, where it is not all; they are on one server. */
  readonly partitions?: readonly number[];
  /** Where the nodes that have joined a room are told who has come to it and who has gone. */
  readonly channelOf: (room: string) => string;
  /** Who is written down as coming and going; unset: nobody. */
  readonly told?: ToldEvents | undefined;
}

/**
 * Presence in Redis. All that is known of a room is one hash in the room's partition, so a step for a room needs nothing of
 * another partition, a count is the length of a hash, and what Redis forgets to make room it forgets as a whole.
 *
 * A lease must be void before what it holds is removed, or a late write would leave an entry that nobody removes. So each
 * partition knows the fence of each lease that may write there: reaping begins by deleting it.
 */
export class RedisPresenceTable implements PresenceTable {
  readonly #redis: RedisPresenceTableParts['redis'];
  readonly #keys: PresenceKeys;
  readonly #channelOf: (room: string) => string;
  readonly #notes: Notes;
  readonly #reaper: PresenceReaper;
  /** Leases of others that Redis knew at the last look. */
  readonly #known = new Set<string>();

  constructor(parts: RedisPresenceTableParts) {
    this.#redis = parts.redis;
    this.#keys = new PresenceKeys(parts.keys, parts.partitions);
    this.#channelOf = parts.channelOf;
    this.#notes = new Notes(parts.keys, parts.told ?? NOTHING_TOLD);
    this.#reaper = new PresenceReaper({ ...parts, keys: this.#keys, notes: this.#notes });
  }

  async readRun(): Promise<string> {
    const info = await this.#redis.run(this.#keys.leases, (redis) => redis.info('server'));
    // Where it is kept from us, every run is another one.
    return readField(info, 'run_id') ?? crypto.randomUUID();
  }

  async begin(lease: NodeLease, leaseMs: number): Promise<void> {
    await this.#setLease(lease.id, leaseMs, 'hcu');
    const isOpen = await this.raiseFence(lease);
    // Whatever wipes Redis from now on wipes the fences, too, and so is noticed.
    const { isHeld } = await this.tend({ id: lease.id, leaseMs, claimMs: 0, maxGapMs: 0 });
    if (!isOpen || !isHeld) throw new OutcryError('unavailable', 'the presence lease was lost while it was taken');
  }

  async raiseFence({ id, fence }: NodeLease): Promise<boolean> {
    const args = [fence, PRESENCE_TTL_MS];
    const replies = await Promise.all(
      this.#keys.tags.map((tag) => this.#redis.runScript(RAISE_FENCE, [this.#keys.lease(id, tag)], args)),
    );
    return replies.every((reply) => reply === 1);
  }

  async tend({ id, leaseMs, claimMs, maxGapMs, asksForEvictions = false }: TendRequest): Promise<Tended> {
    const args = [id, leaseMs, claimMs, maxGapMs, PRESENCE_TTL_MS, asksForEvictions ? 1 : 0];
    const reply = await this.#redis.runScript(TEND_LEASES, [this.#keys.leases], args);
    const [held, expired, evictions] = reply as [number, Buffer[], number?];
    return { isHeld: held === 1, expired: expired.map(String), evictions };
  }

  expire(id: string, afterMs: number): Promise<void> {
    return this.#setLease(id, afterMs, 'h');
  }

  giveUp(id: string, afterMs: number): Promise<void> {
    return this.#setLease(id, afterMs, 'hu');
  }

  async keep({ id }: NodeLease): Promise<boolean> {
    const replies = await Promise.all(
      this.#keys.tags.map((tag) => {
        const key = this.#keys.lease(id, tag);
        return this.#redis.run(key, (redis) => redis.pexpire(key, PRESENCE_TTL_MS));
      }),
    );
    return replies.every((reply) => reply === 1);
  }

  async write({ id, fence }: NodeLease, { room, entries, asksForLeases }: WriteRequest): Promise<Written | 'refused'> {
    const notes = this.#notes.of(room);
    const keys = [this.#keys.lease(id, partitionTagOf(room)), this.#keys.users(room), ...notes.keys] as const;
    const fields = entries.flatMap(({ user, connections, info }): (string | number | Buffer)[] => [
      user,
      connections,
      info === undefined ? '' : Buffer.from(info.buffer, info.byteOffset, info.byteLength),
    ]);
    const about = [this.#channelOf(room), room, id, fence, PRESENCE_TTL_MS, asksForLeases ? 1 : 0];
    const args = [...about, ...notes.args, ...fields];
    const reply = (await this.#redis.runScript(WRITE_MEMBERS, keys, args)) as readonly unknown[];
    if (reply.length === 0) return 'refused';
    const [count, own, leases] = reply as [number, number, Buffer[]];
    return { count, own, leases: leases.map(String) };
  }

  async list(room: string, limit: number): Promise<RoomMembers> {
    const reply = await this.#redis.runScript(LIST_MEMBERS, [this.#keys.users(room)], [limit + 1]);
    const [count, fields] = reply as [number, Buffer[]];
    const members: MemberEntry<Uint8Array>[] = [];
    for (let i = 0; i + 1 < fields.length && members.length < limit; i += 2) {
      const [user, value] = [String(fields[i]), fields[i + 1]];
      if (value !== undefined && !user.startsWith('\0')) members.push(memberOf(user, value));
    }
    return { count, members };
  }

  reap(id: string): Promise<number> {
    return this.#reaper.reap(id);
  }

  async lookAfter(ids: readonly string[], { room, leaseMs }: { room: string; leaseMs: number }): Promise<number> {
    for (const page of pagesOf(ids.filter((id) => !this.#known.has(id)))) {
      await this.#redis.runScript(KNOW_LEASES, [this.#keys.leases], [leaseMs, PRESENCE_TTL_MS, ...page]);
      if (this.#known.size + page.length > MAX_KNOWN_LEASES) this.#known.clear();
      for (const id of page) this.#known.add(id);
    }
    return this.#reaper.reapVoid(ids, room);
  }

  beginReview(): void {
    this.#known.clear();
    this.#reaper.beginReview();
  }

  async #setLease(id: string, ms: number, cases: string): Promise<void> {
    await this.#redis.runScript(SET_LEASE, [this.#keys.leases], [id, ms, cases, PRESENCE_TTL_MS]);
  }
}

/** As scripts/members.lua.ts has it: the leases, and behind a NUL what is known of the user. */
function memberOf(user: string, value: Buffer): MemberEntry<Uint8Array> {
  const markAt = value.indexOf(0);
  if (markAt < 0) return { user, connections: sumOf(String(value)) };
  return { user, connections: sumOf(value.toString('latin1', 0, markAt)), info: value.subarray(markAt + 1) };
}

/** The numbers of a list of ' <lease> <number>'. */
function sumOf(leases: string): number {
  const words = leases.split(' ');
  let sum = 0;
  for (let i = 2; i < words.length; i += 2) sum += Number(words[i]);
  return sum;
}
