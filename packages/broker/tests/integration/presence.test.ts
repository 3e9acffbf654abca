import { FaultProxy } from '@outcry/testkit';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { OutcryError, type PresenceStore, type RedisBackplaneOptions } from '../../src/index.ts';
import { NOTHING_TOLD } from '../../src/events/telling.ts';
import { PresenceKeys } from '../../src/presence/keys.ts';
import { PresenceReaper, type PresenceReaperParts } from '../../src/presence/reaper.ts';
import { RedisPresenceTable } from '../../src/presence/redis-table.ts';
import { Notes } from '../../src/presence/notes.ts';
import { REAP_ROOM } from '../../src/presence/scripts/members.lua.ts';
import type { NodeLease } from '../../src/presence/table.ts';
import { RedisConnection } from '../../src/redis/connection/connection.ts';
import { KeySpace } from '../../src/redis/keys.ts';
import { partitionTagOf } from '../../src/partition.ts';
import { RoomKeys } from '../../src/rooms/keys.ts';
import { membersOf, PresenceRecorder, untilMembers } from '../support/presence-recorder.ts';
import { RedisCluster, type RedisNode } from '../support/redis-cluster.ts';
import { range } from '../support/requests.ts';
import { routerOver } from '../support/router-over.ts';
import { routeTo } from '../support/route-to.ts';

const LEASE = { leaseMs: 1500, renewMs: 300 };
const LONG_LEASE = { leaseMs: 600_000, renewMs: 60_000 };

interface PresenceNode extends RedisNode {
  readonly presence: PresenceStore;
  readonly seen: PresenceRecorder;
}

let cluster: RedisCluster;
const connections: RedisConnection[] = [];

beforeAll(async () => {
  cluster = await RedisCluster.start();
  return () => cluster[Symbol.asyncDispose]();
});
afterEach(async () => {
  await Promise.all(connections.splice(0).map((connection) => connection.close()));
  await cluster.reset();
});

async function startNode(options: Partial<RedisBackplaneOptions> = {}): Promise<PresenceNode> {
  const node = await cluster.startNode({ presenceLease: LEASE, ...options });
  const { presence, broker } = node.backplane;
  const seen = new PresenceRecorder();
  await presence.start(seen);
  await broker.join('pit');
  return { ...node, presence, seen };
}

async function openConnection(): Promise<RedisConnection> {
  const ignore = (): void => undefined;
  const handler = { handleReady: ignore, handleLost: ignore, handleRefused: ignore, handleUnwritable: ignore };
  const server = routeTo(cluster.redis.url);
  const commands = new RedisConnection({ server, name: 'test', commandTimeoutMs: 2000 }, handler);
  connections.push(commands);
  await commands.connect(performance.now() + 5000);
  return commands;
}

const channelOf = (room: string): string => new RoomKeys(new KeySpace(cluster.prefix)).of(room).channel;

/** Straight at what is stored, as a node's presence would. */
async function openTable(): Promise<RedisPresenceTable> {
  const commands = await openConnection();
  return new RedisPresenceTable({ redis: routerOver(commands), keys: new KeySpace(cluster.prefix), channelOf });
}

/** Clears away as any node does, until a step fails. */
async function openFailingReaper(failsAt: number): Promise<PresenceReaper> {
  const redis = routerOver(await openConnection());
  let steps = 0;
  const failing: PresenceReaperParts['redis'] = {
    run: redis.run,
    runScript: (script, keys, args) => {
      if (script === REAP_ROOM) steps += 1;
      if (steps >= failsAt) return Promise.reject(new OutcryError('unavailable', 'the connection is lost'));
      return redis.runScript(script, keys, args);
    },
  };
  const space = new KeySpace(cluster.prefix);
  const notes = new Notes(space, NOTHING_TOLD);
  return new PresenceReaper({ redis: failing, keys: new PresenceKeys(space), channelOf, notes });
}

const users = (count: number): string[] => range(1, count).map((i) => `user-${String(i)}`);

/** Members of a sorted set with their scores, as Redis gives them. */
function scoresOf(reply: readonly string[]): ReadonlyMap<string, number> {
  return new Map(reply.flatMap((member, i) => (i % 2 === 0 ? [[member, Number(reply[i + 1])]] : [])));
}

/** How often Redis has carried commands out, in scripts or not, at one moment. */
async function callsOf<C extends string>(...commands: readonly C[]): Promise<Readonly<Record<C, number>>> {
  const stats = await cluster.admin.info('commandstats');
  const callsIn = (command: C): number =>
    Number(new RegExp(`^cmdstat_${command}:calls=(\\d+)`, 'm').exec(stats)?.[1] ?? 0);
  return Object.fromEntries(commands.map((command) => [command, callsIn(command)])) as Record<C, number>;
}

describe('a node that is stopped without a word', () => {
  it('is seen to have gone once its lease has expired, and is back with all its members when it goes on', async () => {
    await using proxy = await FaultProxy.start(cluster.redis);
    const [b, c] = [await startNode(), await startNode()];
    const a = await startNode({ url: `redis://127.0.0.1:${String(proxy.port)}`, commandTimeoutMs: 500 });
    for (const user of users(150)) a.presence.add('pit', user);
    expect(await a.presence.count('pit')).toBe(150);
    b.presence.add('pit', 'user-1');

    proxy.freeze();
    const [leases = ''] = await cluster.keys('leases/');
    const before = scoresOf(await cluster.admin.zrange(leases, '-inf', '+inf', 'BYSCORE', 'WITHSCORES'));
    for (const { presence } of [b, c]) await untilMembers(presence, 'pit', ['user-1×1']);
    const after = scoresOf(await cluster.admin.zrange(leases, '0', '+inf', 'BYSCORE', 'WITHSCORES'));
    const [lost, ...others] = [...before.keys()].filter((id) => !after.has(id));
    expect(others).toEqual([]);
    const [seconds, microseconds] = await cluster.admin.time();
    expect(Number(seconds) * 1000 + Number(microseconds) / 1000).toBeGreaterThanOrEqual(
      before.get(lost ?? '') ?? Infinity,
    );
    a.presence.remove('pit', 'user-2');
    proxy.thaw();

    const expected = users(150)
      .filter((user) => user !== 'user-2')
      .map((user) => `${user}×${user === 'user-1' ? '2' : '1'}`);
    for (const { presence } of [b, c]) await untilMembers(presence, 'pit', expected);
    await a.seen.until(() => a.seen.restored.length > 0);
    expect(a.seen.restored).toEqual([149]);
    await c.seen.until(() => c.seen.events.at(-1)?.count === 149);
    const changesOf = (user: string): string[] =>
      c.seen.events.filter((event) => event.user === user).map(({ change }) => change);
    expect(changesOf('user-1')).toEqual(['joined']);
    expect(changesOf('user-2')).toEqual(['joined', 'left']);
    expect(changesOf('user-3')).toEqual(['joined', 'left', 'joined']);
  });

  it('is not taken for lost where Redis itself was away from everybody', async () => {
    await using proxy = await FaultProxy.start(cluster.redis);
    const options = { url: `redis://127.0.0.1:${String(proxy.port)}`, commandTimeoutMs: 500 };
    const [a, b] = [await startNode(options), await startNode(options)];
    a.presence.add('pit', 'ann');
    b.presence.add('pit', 'bob');
    await untilMembers(a.presence, 'pit', ['ann×1', 'bob×1']);
    const startedAt = performance.now();
    const elapsed = (leases: number) => (): boolean => performance.now() - startedAt > leases * LEASE.leaseMs;
    await a.seen.until(elapsed(1.2));
    proxy.freeze();
    await a.seen.until(elapsed(3));
    proxy.thaw();
    await Promise.all([a, b].map(({ recorder }) => recorder.until(() => recorder.statuses.at(-1) === 'up')));
    await a.seen.until(elapsed(5.5));
    expect(await membersOf(b.presence, 'pit')).toEqual(['ann×1', 'bob×1']);
    for (const { seen } of [a, b]) {
      expect(seen.reaped).toEqual([]);
      expect(seen.restored).toEqual([]);
      expect(seen.events.map(({ change }) => change)).not.toContain('left');
    }
  });
});

describe('a Redis that loses data', () => {
  it('is found out by the next change, and told everything again', async () => {
    const [a, b] = [await startNode({ presenceLease: LONG_LEASE }), await startNode({ presenceLease: LONG_LEASE })];
    for (const user of users(250)) a.presence.add('pit', user);
    expect(await a.presence.count('pit')).toBe(250);
    await cluster.admin.flushall();
    a.presence.add('pit', 'late');
    await untilMembers(
      b.presence,
      'pit',
      [...users(250), 'late'].map((user) => `${user}×1`),
    );
    await a.seen.until(() => a.seen.restored.length > 0);
    expect(a.seen.restored).toEqual([251]);
  });
});

describe('a lost reply', () => {
  it('does not count a connection twice', async () => {
    await using proxy = await FaultProxy.start(cluster.redis);
    const url = `redis://127.0.0.1:${String(proxy.port)}`;
    const a = await startNode({ url, presenceLease: LONG_LEASE });
    const b = await startNode();
    proxy.inflict({ toClient: { isLost: true } });
    a.presence.add('pit', 'ann');
    await b.seen.until(() => b.seen.events.length === 1);
    proxy.heal();
    proxy.dropConnections();
    await a.recorder.untilUpAgain();
    a.presence.add('pit', 'bob');
    await untilMembers(b.presence, 'pit', ['ann×1', 'bob×1']);
    await b.seen.until(() => b.seen.events.length > 1);
    expect(b.seen.told('pit')).toEqual(['ann joined 1', 'bob joined 2']);
    expect(a.seen.restored).toEqual([]);
  });
});

describe('reaping', () => {
  // Of the letters that ids are made of, one means something in a pattern.
  const lease: NodeLease = { id: 'lo-st', fence: 1 };

  async function hold(table: RedisPresenceTable, count: number): Promise<void> {
    await table.begin(lease, 60_000);
    const entries = users(count).map((user) => ({ user, connections: 2 }));
    expect(await table.write(lease, { room: 'pit', entries, asksForLeases: false })).toMatchObject({ count });
  }

  it('removes each of 1,000 entries once, in small steps, though two nodes do it at the same time', async () => {
    const watcher = await startNode({ presenceLease: LONG_LEASE });
    const [one, other] = [await openTable(), await openTable()];
    await hold(one, 1000);
    const before = await callsOf('hscan');
    const removed = await Promise.all([one.reap(lease.id), other.reap(lease.id)]);
    expect(removed.reduce((sum, entries) => sum + entries, 0)).toBe(1000);
    expect((await callsOf('hscan')).hscan - before.hscan).toBeGreaterThanOrEqual(10);
    await watcher.seen.until(() => watcher.seen.events.length === 2000);
    const left = watcher.seen.events.filter(({ change }) => change === 'left');
    expect(new Set(left.map(({ user }) => user)).size).toBe(1000);
    expect(left.map(({ count }) => count)).toEqual(range(0, 999).reverse());
  });

  it('is taken up by the next where it broke off, as often as it does', async () => {
    const table = await openTable();
    await hold(table, 1000);
    await table.begin({ id: 'mine', fence: 1 }, 60_000);
    const expired = async (): Promise<readonly string[]> => {
      await table.expire(lease.id, 0);
      return (await table.tend({ id: 'mine', leaseMs: 60_000, claimMs: 0, maxGapMs: 60_000 })).expired;
    };
    expect(await expired()).toEqual([lease.id]);
    for (const step of [1, 2, 4]) {
      await expect((await openFailingReaper(step)).reap(lease.id)).rejects.toMatchObject({ code: 'unavailable' });
      expect(await expired()).toEqual([lease.id]);
    }
    expect(await table.reap(lease.id)).toBeGreaterThan(0);
    expect(await table.list('pit', 10)).toEqual({ count: 0, members: [] });
    expect(await expired()).toEqual([]);
    expect(await cluster.keys('users/')).toEqual([]);
    expect(await cluster.keys(`lease/${lease.id}`)).toEqual([]);
  });

  it('finds more rooms of one partition than it asks for at a time', async () => {
    const table = await openTable();
    await table.begin(lease, 60_000);
    const tag = partitionTagOf('pit');
    const rooms = range(1, 100_000)
      .map((i) => `room-${String(i)}`)
      .filter((room) => partitionTagOf(room) === tag)
      .slice(0, 600);
    expect(rooms).toHaveLength(600);
    const entries = [{ user: 'ann', connections: 1 }];
    await Promise.all(rooms.map((room) => table.write(lease, { room, entries, asksForLeases: false })));
    expect(await table.reap(lease.id)).toBe(600);
    expect(await cluster.admin.keys('*')).toEqual([]);
  });

  it('refuses what comes late, so that nothing is left', async () => {
    const table = await openTable();
    await hold(table, 10);
    const late = { room: 'pit', entries: [{ user: 'late', connections: 1 }], asksForLeases: false };
    expect(await table.raiseFence({ ...lease, fence: 2 })).toBe(true);
    expect(await table.raiseFence({ ...lease, fence: 2 })).toBe(false);
    expect(await table.write(lease, late)).toBe('refused');
    expect(await table.reap(lease.id)).toBe(10);
    expect(await table.write({ ...lease, fence: 2 }, late)).toBe('refused');
    expect(await table.raiseFence({ ...lease, fence: 3 })).toBe(false);
    const tending = { id: lease.id, leaseMs: 1000, claimMs: 1000, maxGapMs: 60_000, asksForEvictions: true };
    expect(await table.tend(tending)).toEqual({
      isHeld: false,
      expired: [],
      evictions: 0,
    });
    expect(await cluster.admin.keys('*')).toEqual([]);
  });

  it('is not begun by a request that was long on its way', async () => {
    const table = await openTable();
    await table.begin(lease, 60_000);
    await table.begin({ id: 'mine', fence: 1 }, 60_000);
    await table.expire(lease.id, 0);
    const late = { id: 'mine', leaseMs: 60_000, claimMs: 0, maxGapMs: 30_000 };
    // As if it had been renewed 40 s ago.
    await table.expire('mine', 20_000);
    expect(await table.tend(late)).toMatchObject({ isHeld: true, expired: [] });
    expect(await table.tend(late)).toMatchObject({ isHeld: true, expired: [lease.id] });
  });

  it('is given to one node at a time, until its claim is over', async () => {
    const table = await openTable();
    await table.begin(lease, 60_000);
    await table.begin({ id: 'mine', fence: 1 }, 60_000);
    const tend = (claimMs: number, maxGapMs = 60_000): Promise<readonly string[]> =>
      table.tend({ id: 'mine', leaseMs: 60_000, claimMs, maxGapMs }).then(({ expired }) => expired);
    expect(await tend(60_000)).toEqual([]);
    await table.expire(lease.id, 0);
    // Several within one millisecond, as they are sent together.
    expect((await Promise.all(range(1, 5).map(() => tend(0, 0)))).flat()).toEqual([]);
    expect(await tend(0)).toEqual([lease.id]);
    expect(await tend(60_000)).toEqual([lease.id]);
    expect(await tend(60_000)).toEqual([]);
    // Who has been given up does not come back, and what has been given up is not put off.
    const own = await table.tend({ id: lease.id, leaseMs: 1000, claimMs: 1000, maxGapMs: 0 });
    expect(own.isHeld).toBe(false);
    await table.expire(lease.id, 60_000);
    expect(Number(await cluster.admin.zscore((await cluster.keys('leases/'))[0] ?? '', lease.id))).toBeLessThan(0);
  });
});

describe('a lease', () => {
  const lease: NodeLease = { id: 'mine', fence: 1 };
  const DAY_MS = 86_400_000;

  it('is kept from expiring in every partition, and is not kept where one has lost it', async () => {
    const table = await openTable();
    await table.begin(lease, 60_000);
    const keys = await cluster.keys(`lease/${lease.id}`);
    expect(keys).toHaveLength(64);
    for (const key of keys) await cluster.admin.pexpire(key, 60_000);
    expect(await table.keep(lease)).toBe(true);
    for (const key of keys) expect(await cluster.admin.pttl(key)).toBeGreaterThan(DAY_MS - 60_000);
    await cluster.admin.del(keys[63] ?? '');
    expect(await table.keep(lease)).toBe(false);
  });

  it('that is given up is known again, unless it is being cleared away', async () => {
    const table = await openTable();
    await table.begin(lease, 60_000);
    const zset = (await cluster.keys('leases/'))[0] ?? '';
    await cluster.admin.zrem(zset, lease.id);
    await table.expire(lease.id, 5000);
    expect(await cluster.admin.zscore(zset, lease.id)).toBeNull();
    await table.giveUp(lease.id, 5000);
    const deadline = Number(await cluster.admin.zscore(zset, lease.id));
    expect(Math.abs(deadline - Date.now() - 5000)).toBeLessThan(2000);
    for (const claim of [-1, 0]) {
      await cluster.admin.zadd(zset, claim, lease.id);
      await table.giveUp(lease.id, 5000);
      expect(await cluster.admin.zscore(zset, lease.id)).toBe(String(claim));
    }
  });

  it('that nobody has claimed is held, however long its time is over', async () => {
    const table = await openTable();
    await table.begin(lease, 60_000);
    const zset = (await cluster.keys('leases/'))[0] ?? '';
    await cluster.admin.zadd(zset, 1, lease.id);
    await table.expire(lease.id, 5000);
    expect(Number(await cluster.admin.zscore(zset, lease.id))).toBeGreaterThan(1);
    await cluster.admin.zadd(zset, 1, lease.id);
    expect(await table.tend({ id: lease.id, leaseMs: 1000, claimMs: 0, maxGapMs: 0 })).toMatchObject({ isHeld: true });
  });

  it('of somebody else that is not known is known again when it is met, and one that is known is left alone', async () => {
    const table = await openTable();
    for (const id of ['known', 'forgotten']) await table.begin({ id, fence: 1 }, 60_000);
    const zset = (await cluster.keys('leases/'))[0] ?? '';
    const before = await cluster.admin.zscore(zset, 'known');
    await cluster.admin.zrem(zset, 'forgotten');
    expect(await table.lookAfter(['known', 'forgotten'], { room: 'pit', leaseMs: 5000 })).toBe(0);
    expect(await cluster.admin.zscore(zset, 'known')).toBe(before);
    const deadline = Number(await cluster.admin.zscore(zset, 'forgotten'));
    expect(Math.abs(deadline - Date.now() - 5000)).toBeLessThan(2000);
  });

  it('of somebody else is looked after with all others of its room, one more than a page of them', async () => {
    const table = await openTable();
    const ids = range(1, 257).map((i) => `lease-${String(i)}`);
    const [first = '', last = ''] = [ids[0], ids.at(-1)];
    for (const id of [first, last]) {
      await table.begin({ id, fence: 1 }, 60_000);
      await table.write(
        { id, fence: 1 },
        { room: 'pit', entries: [{ user: id, connections: 1 }], asksForLeases: false },
      );
    }
    for (const key of await cluster.keys(`lease/${last}`)) await cluster.admin.hdel(key, '');
    const zset = (await cluster.keys('leases/'))[0] ?? '';
    expect(await table.lookAfter(ids, { room: 'pit', leaseMs: 5000 })).toBe(1);
    expect((await table.list('pit', 10)).members).toEqual([{ user: first, connections: 1 }]);
    expect(await cluster.admin.zcard(zset)).toBe(ids.length);
    // What was found in order is not asked about again.
    await cluster.admin.zrem(zset, first);
    for (const key of await cluster.keys(`lease/${first}`)) await cluster.admin.hdel(key, '');
    expect(await table.lookAfter(ids, { room: 'pit', leaseMs: 5000 })).toBe(0);
    table.beginReview();
    expect(await table.lookAfter([first], { room: 'pit', leaseMs: 5000 })).toBe(1);
    expect(await cluster.admin.zscore(zset, first)).not.toBeNull();
  });
});

describe('a room', () => {
  // One is the beginning of another, and of one a letter means something in a pattern.
  const LEASES: readonly NodeLease[] = ['a', 'aa', 'a-a'].map((id) => ({ id, fence: 1 }));
  const CONNECTIONS = [1, 12, 0, 123, 2, 0, 10];

  it('knows how often each user is there by way of each lease, and tells of the leases whom it should', async () => {
    const table = await openTable();
    for (const lease of LEASES) await table.begin(lease, 60_000);
    const connectionsBy = new Map(LEASES.map(({ id }) => [id, new Map<string, number>()]));
    const presentBy = (id: string): number => connectionsBy.get(id)?.size ?? 0;
    // Every user by way of every lease with every number of connections.
    for (const i of range(0, 3 * 4 * 7 - 1)) {
      const lease = LEASES[i % 3] ?? { id: '', fence: 0 };
      const [user, connections] = [`user-${String(i % 4)}`, CONNECTIONS[i % 7] ?? 0];
      const asksForLeases = i % 5 === 0;
      const present = [...connectionsBy.keys()].filter((id) => presentBy(id) > 0);
      const isKnown = presentBy(lease.id) > 0;
      if (connections > 0) connectionsBy.get(lease.id)?.set(user, connections);
      else connectionsBy.get(lease.id)?.delete(user);
      const totals = new Map<string, number>();
      for (const [name, more] of [...connectionsBy.values()].flatMap((users) => [...users])) {
        totals.set(name, (totals.get(name) ?? 0) + more);
      }

      const entries = [{ user, connections }];
      const written = await table.write(lease, { room: 'pit', entries, asksForLeases });
      if (written === 'refused') throw new Error('refused');
      const own = presentBy(lease.id);
      expect(written).toMatchObject({ count: totals.size, own });
      const isTold = asksForLeases || (!isKnown && own > 0);
      expect(written.leases.toSorted()).toEqual(isTold ? present.toSorted() : []);
      const { count, members } = await table.list('pit', 10);
      expect(count).toBe(totals.size);
      expect(new Map(members.map((member) => [member.user, member.connections]))).toEqual(totals);
    }
  });
});

describe('what presence costs', () => {
  it('is one call for each renewal, however many members a node has', async () => {
    const a = await startNode();
    for (const user of users(2000)) a.presence.add('pit', user);
    for (const i of range(1, 100)) a.presence.add(`room-${String(i)}`, 'ann');
    expect(await a.presence.count('pit')).toBe(2000);
    await untilMembers(a.presence, 'room-100', ['ann×1']);
    await cluster.admin.config('RESETSTAT');
    const startedAt = performance.now();
    await a.seen.until(() => performance.now() - startedAt > 4 * LEASE.renewMs);
    // By its digest, or as text where Redis does not know it yet.
    const { evalsha, eval: evals, zscore: renewals } = await callsOf('evalsha', 'eval', 'zscore');
    expect(renewals).toBeGreaterThanOrEqual(2);
    expect(evalsha + evals).toBe(renewals);
  });

  it('is nothing in Redis once everybody has left, but for the lease itself', async () => {
    const a = await startNode();
    for (const user of users(20)) a.presence.add('pit', user);
    await a.presence.count('pit');
    for (const user of users(20)) a.presence.remove('pit', user);
    expect(await a.presence.count('pit')).toBe(0);
    expect(await cluster.keys('users/')).toEqual([]);
    for (const key of await cluster.keys('lease/')) expect(await cluster.admin.hkeys(key), key).toEqual(['']);
  });
});
