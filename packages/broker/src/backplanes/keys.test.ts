import slotOf from 'cluster-key-slot';
import { describe, expect, it } from 'vitest';
import { isRoomName, isSymbol, isUserName } from '@outcry/protocol';
import { accountsKey } from '../accounts/keys.ts';
import { controlChannel } from '../control/keys.ts';
import { eventNamesIn, eventNamesOf } from '../events/keys.ts';
import { bookNames, instrumentsKey } from '../feeds/keys.ts';
import { ARCHIVE_IDENTITY, identityKey } from '../identities/keys.ts';
import { leaseNames, releasesChannel } from '../leases/keys.ts';
import { limitNames } from '../limits/keys.ts';
import { nodeNames, publisherNames } from '../nodes/keys.ts';
import { PresenceKeys } from '../presence/keys.ts';
import { KeySpace } from '../redis/keys.ts';
import { loopbackChannel } from '../redis/health/loopback.ts';
import { partitionTagOf } from '../partition.ts';
import { revocationNames } from '../revocations/keys.ts';
import { RoomKeys } from '../rooms/keys.ts';

const space = new KeySpace('outcry');
const rooms = new RoomKeys(space);
const presence = new PresenceKeys(space);

/** The names of all subjects. */
const keys = {
  instruments: instrumentsKey(space),
  leases: presence.leases,
  releases: releasesChannel(space),
  control: controlChannel(space),
  accounts: accountsKey(space),
  roster: publisherNames(space),
  nodes: nodeNames(space),
  revocations: revocationNames(space),
  identity: (by: string) => identityKey(space, by),
  archive: (tag: string) => rooms.archiveIn(tag),
  events: (tag: string) => eventNamesIn(space, tag),
  room: (room: string) => rooms.of(room),
  roomOf: (channel: string) => rooms.roomOf(channel),
  idempotency: (room: string, once: { sender: string; key: string }) => rooms.idempotency(room, once),
  book: (symbol: string) => bookNames(space, symbol),
  namedLease: (lease: string) => leaseNames(space, lease),
  limits: (subject: string) => limitNames(space, subject),
  lease: (lease: string, tag: string) => presence.lease(lease, tag),
  users: (room: string) => presence.users(room),
  loopback: (node: string) => loopbackChannel(space, node),
};

/** Reproducible random numbers below `limit` (mulberry32). */
function createRandom(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % limit;
  };
}

const random = createRandom(20_240_808);

/** Few different characters, and those that separate: what collides anywhere collides here. */
function text(alphabet: string, maxLength: number): string {
  return Array.from({ length: 1 + random(maxLength) }, () => alphabet[random(alphabet.length)]).join('');
}

function until(isValid: (candidate: string) => boolean, create: () => string): string {
  for (;;) {
    const candidate = create();
    if (isValid(candidate)) return candidate;
  }
}

/** What separates here or elsewhere, in names as they are and as they are written where others follow. */
const SEPARATORS = 'a/%2F5:@{} é';
const room = (): string => until(isRoomName, () => text(SEPARATORS, 5));
const user = (): string => until(isUserName, () => text(SEPARATORS, 4));
const symbol = (): string => until(isSymbol, () => text('a:/', 4));

describe('KeySpace', () => {
  it('never gives two things one name', () => {
    const owners = new Map<string, string>();
    const claim = (name: string, owner: string): void => {
      expect(owners.get(name) ?? owner, name).toBe(owner);
      owners.set(name, owner);
    };
    claim(keys.instruments, 'instruments');
    claim(keys.leases, 'leases');
    claim(keys.releases, 'releases');
    claim(keys.control, 'control');
    claim(keys.accounts, 'accounts');
    claim(keys.identity(ARCHIVE_IDENTITY), 'identity of the archive');
    for (const [kind, name] of Object.entries<string>({ ...keys.roster })) claim(name, `roster ${kind}`);
    for (const [kind, name] of Object.entries<string>({ ...keys.nodes })) claim(name, `nodes ${kind}`);
    for (const [kind, name] of Object.entries<string>({ ...keys.revocations })) claim(name, `revocations ${kind}`);
    for (const [kind, name] of Object.entries<string>({ ...keys.archive('mm') })) claim(name, `archive ${kind}`);
    for (const [kind, name] of Object.entries<string>({ ...keys.events('mm') })) claim(name, `events ${kind}`);
    for (let i = 0; i < 5000; i += 1) {
      const [r, u, k, s] = [room(), user(), text('a/%2F:{}@', 5), symbol()];
      for (const [kind, name] of Object.entries<string>({ ...keys.room(r) })) claim(name, `room ${kind} ${r}`);
      const { fence: bookFence, ...book } = keys.book(s);
      for (const [kind, name] of Object.entries<string>(book)) claim(name, `book ${kind} ${s}`);
      for (const [kind, name] of Object.entries<string>({ ...keys.namedLease(s) })) claim(name, `lease ${kind} ${s}`);
      expect(bookFence).toBe(keys.namedLease(s).fence);
      claim(keys.idempotency(r, { sender: u, key: k }), JSON.stringify([r, u, k]));
      claim(keys.loopback(r), `loopback ${r}`);
      claim(keys.identity(r), `identity ${r}`);
      for (const [kind, name] of Object.entries<string>({ ...keys.limits(r) })) claim(name, `limits ${kind} ${r}`);
      expect(keys.roomOf(keys.room(r).channel)).toBe(r);
      const lease = text('a-/%2F', 4);
      claim(keys.lease(lease, partitionTagOf(r)), `lease ${lease} in ${partitionTagOf(r)}`);
      claim(keys.users(r), `users ${r}`);
    }
    expect(owners.size).toBeGreaterThan(5000);
  });

  it('gives the same key to no two publishes that differ in the room, the sender or the key', () => {
    const makers = new Map<string, string>();
    for (let i = 0; i < 20_000; i += 1) {
      const parts = [room(), user(), text('a/%2F', 3)] as const;
      const name = keys.idempotency(parts[0], { sender: parts[1], key: parts[2] });
      const maker = JSON.stringify(parts);
      expect(makers.get(name) ?? maker, name).toBe(maker);
      makers.set(name, maker);
    }
  });

  it('writes names without a slash and a percent sign as they have always been', () => {
    const once = keys.idempotency('lobby', { sender: 'ann', key: 'a/b%' });
    expect(once).toBe(`outcry:{${partitionTagOf('lobby')}}:once/lobby/ann/a/b%`);
    expect(keys.users('комната')).toBe(`outcry:{${partitionTagOf('комната')}}:users/комната`);
  });

  it('keeps all names of a room in the slot of its partition, whatever a client writes into it', () => {
    for (let i = 0; i < 1000; i += 1) {
      // More than a room may bear: the slot must not hang on the checks elsewhere.
      const [r, k] = [text('a{}:/', 8), text('a{}/', 8)];
      const names = [
        ...Object.values<string>({ ...keys.room(r) }),
        ...Object.values<string>({ ...rooms.archiveOf(r) }),
        ...Object.values<string>({ ...eventNamesOf(space, r) }),
        keys.users(r),
        keys.lease('lease', partitionTagOf(r)),
        keys.idempotency(r, { sender: text('{}a', 4), key: k }),
      ];
      for (const name of names) expect(slotOf(name), name).toBe(slotOf(partitionTagOf(r)));
    }
  });

  it('keeps all names of a book in one slot', () => {
    for (let i = 0; i < 100; i += 1) {
      const slots = new Set(Object.values<string>({ ...keys.book(symbol()) }).map((name) => slotOf(name)));
      expect(slots.size).toBe(1);
    }
  });

  it.each(['', 'a{b', 'a}b', 'a/b', 'a b', 'x'.repeat(65)])('refuses the prefix "%s"', (prefix) => {
    expect(() => new KeySpace(prefix)).toThrow(expect.objectContaining({ code: 'badConfig' }) as Error);
  });
});
