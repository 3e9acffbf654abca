import { beforeEach, describe, expect, it } from 'vitest';
import { OutcryError } from '../outcry-error.ts';
import { KeySpace } from '../redis/keys.ts';
import { partitionTagOf } from '../partition.ts';
import type { ScriptArgument } from '../redis/scripts/script-call.ts';
import { NOTHING_TOLD } from '../events/telling.ts';
import { PresenceKeys } from './keys.ts';
import { Notes } from './notes.ts';
import { PresenceReaper, type PresenceReaperParts } from './reaper.ts';
import { ARE_IN_FORCE, VOID_LEASE } from './scripts/members.lua.ts';

const space = new KeySpace('outcry');
const keys = new PresenceKeys(space);

/** What each lease has in each partition, room by room, as Redis gives it to whoever reaps: in pages, and in steps. */
class FakeRedis {
  /** By key of a lease in a partition: users by room. */
  readonly held = new Map<string, Map<string, number>>();
  /** Keys that have a fence. */
  readonly fences = new Set<string>();
  readonly forgotten: string[] = [];
  /** The most users that a step was to look at. */
  maxUsersPerStep = 0;
  maxRoomsPerPage = 0;
  /** Of rooms that are cleared. */
  steps = 0;
  /** How often it was asked whether a lease is in force, and about how many at a time. */
  looks = 0;
  maxLeasesPerLook = 0;
  /** The step that fails, counted from 1. */
  failsAt = Infinity;

  hold(lease: string, room: string, users: number): void {
    const key = keys.lease(lease, partitionTagOf(room));
    const rooms = this.held.get(key) ?? new Map<string, number>();
    this.held.set(key, rooms.set(room, users));
    this.fences.add(key);
  }

  usersLeft(): number {
    return [...this.held.values()].flatMap((rooms) => [...rooms.values()]).reduce((a, b) => a + b, 0);
  }

  readonly router = {
    run: <T>(_: string, command: (redis: never) => Promise<T>) => command(this as never),
    runScript: (script: unknown, keys: readonly string[], args: readonly ScriptArgument[]): Promise<unknown> => {
      if (script === ARE_IN_FORCE) return Promise.resolve(this.#areInForce(keys));
      const [key = ''] = keys;
      if (script === VOID_LEASE) return Promise.resolve(this.#voidLease(key, Number(args[0])));
      this.steps += 1;
      if (this.steps === this.failsAt) return Promise.reject(new OutcryError('unavailable', 'away'));
      return Promise.resolve(this.#reapRoom(key, args));
    },
  } as PresenceReaperParts['redis'];

  zrem(key: string, lease: string): Promise<number> {
    expect(key).toBe(keys.leases);
    this.forgotten.push(lease);
    return Promise.resolve(1);
  }

  #areInForce(leases: readonly string[]): (0 | 1)[] {
    this.looks += leases.length;
    this.maxLeasesPerLook = Math.max(this.maxLeasesPerLook, leases.length);
    return leases.map((key) => (this.fences.has(key) ? 1 : 0));
  }

  #voidLease(key: string, limit: number): Buffer[] {
    this.fences.delete(key);
    this.maxRoomsPerPage = Math.max(this.maxRoomsPerPage, limit);
    return [...(this.held.get(key)?.keys() ?? [])].slice(0, limit).map((room) => Buffer.from(room));
  }

  /** A cursor is how many users have been looked at. */
  #reapRoom(key: string, [, room = '', , cursor, limit]: readonly ScriptArgument[]): [Buffer, number] {
    expect(this.fences).not.toContain(key);
    const rooms = this.held.get(key) ?? new Map<string, number>();
    const users = rooms.get(String(room)) ?? 0;
    const removed = Math.min(users, Number(limit));
    this.maxUsersPerStep = Math.max(this.maxUsersPerStep, Number(limit));
    rooms.set(String(room), users - removed);
    const isDone = removed === users;
    if (isDone) rooms.delete(String(room));
    return [Buffer.from(isDone ? '0' : String(Number(cursor) + removed)), removed];
  }
}

describe('PresenceReaper', () => {
  let redis: FakeRedis;
  let reaper: PresenceReaper;

  beforeEach(() => {
    redis = new FakeRedis();
    reaper = new PresenceReaper({
      ...{ redis: redis.router, keys, channelOf: (room: string) => `channel/${room}` },
      notes: new Notes(space, NOTHING_TOLD),
    });
  });

  it('removes what a lease has in every partition, a little at a time, and forgets it then', async () => {
    for (let i = 0; i < 2000; i += 1) redis.hold('lost', `room-${String(i)}`, 3);
    redis.hold('lost', 'crowd', 5000);
    redis.hold('other', 'crowd', 7);
    expect(await reaper.reap('lost')).toBe(2000 * 3 + 5000);
    expect(redis.usersLeft()).toBe(7);
    expect(redis.forgotten).toEqual(['lost']);
    // A step keeps everybody else waiting.
    expect(redis.maxUsersPerStep).toBeLessThanOrEqual(100);
    expect(redis.maxRoomsPerPage).toBeLessThanOrEqual(256);
  });

  it('does not forget a lease of which something is left, so that somebody takes it up again', async () => {
    redis.hold('lost', 'crowd', 1000);
    redis.failsAt = 3;
    await expect(reaper.reap('lost')).rejects.toMatchObject({ code: 'unavailable' });
    expect(redis.forgotten).toEqual([]);
    expect(await reaper.reap('lost')).toBe(800);
    expect(redis.usersLeft()).toBe(0);
    expect(redis.forgotten).toEqual(['lost']);
  });

  it('clears a room of the leases that are void there, and of no other', async () => {
    for (const lease of ['void-1', 'void-2', 'live']) {
      redis.hold(lease, 'pit', 250);
      redis.hold(lease, 'hall', 1);
    }
    for (const lease of ['void-1', 'void-2']) redis.fences.delete(keys.lease(lease, partitionTagOf('pit')));
    expect(await reaper.reapVoid(['void-1', 'live', 'void-2'], 'pit')).toBe(500);
    expect(redis.held.get(keys.lease('live', partitionTagOf('pit')))?.get('pit')).toBe(250);
    expect(redis.usersLeft()).toBe(250 + 3);
    expect(redis.steps).toBe(2 * 3);
    expect(redis.forgotten).toEqual([]);
  });

  it('asks once whether a lease is in force, until there is a reason to review', async () => {
    redis.hold('live', 'pit', 1);
    await reaper.reapVoid(['live'], 'pit');
    await reaper.reapVoid(['live'], 'pit');
    expect(redis.looks).toBe(1);
    redis.fences.clear();
    reaper.beginReview();
    expect(await reaper.reapVoid(['live'], 'pit')).toBe(1);
  });

  it('asks each time about one that was not in force', async () => {
    expect(await reaper.reapVoid(['new'], 'pit')).toBe(0);
    redis.hold('new', 'pit', 1);
    expect(await reaper.reapVoid(['new'], 'pit')).toBe(0);
    expect(redis.looks).toBe(2);
    expect(redis.usersLeft()).toBe(1);
  });

  it('remembers a bounded number of those that are in force', async () => {
    const known = Array.from({ length: 16_384 }, (_, i) => `live-${String(i)}`);
    for (const lease of known) redis.hold(lease, 'pit', 1);
    redis.hold('another', 'pit', 1);
    await reaper.reapVoid(known, 'pit');
    await reaper.reapVoid(known, 'pit');
    expect(redis.looks).toBe(known.length);
    await reaper.reapVoid(['another'], 'pit');
    await reaper.reapVoid(['live-0'], 'pit');
    expect(redis.looks).toBe(known.length + 2);
    // Everybody else waits meanwhile.
    expect(redis.maxLeasesPerLook).toBeLessThanOrEqual(256);
  });
});
