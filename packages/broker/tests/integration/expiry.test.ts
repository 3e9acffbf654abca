import { afterEach, beforeAll, expect, it, vi } from 'vitest';
import { ANNOUNCE_INTERVAL_MS, type Backplane, partitionOf, Telling } from '../../src/index.ts';
import { RedisPresenceTable } from '../../src/presence/redis-table.ts';
import { RedisConnection } from '../../src/redis/connection/connection.ts';
import { KeySpace } from '../../src/redis/keys.ts';
import { PresenceRecorder } from '../support/presence-recorder.ts';
import { RedisCluster, type RedisNode } from '../support/redis-cluster.ts';
import { request } from '../support/requests.ts';
import { routerOver } from '../support/router-over.ts';
import { routeTo } from '../support/route-to.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** What a slow machine may take to look. */
const TOLERANCE_MS = 10_000;

const RETENTION_MS = 20 * MINUTE_MS;
const LEASE_MS = 40 * MINUTE_MS;
const ROSTER_LEASE_MS = 50 * MINUTE_MS;
const REVOCATION_MS = 2 * HOUR_MS;

const NEVER = -1;
/** Of a room's keys, which are not given theirs again with each message: by how much of what its stream has they live longer. */
const SLACK = 1 / 8;

/** How long everything lives that outcry writes, by the kind that its name says; each time from its last use, and at least. */
const TIMES_TO_LIVE: Readonly<Record<string, number>> = {
  // Rooms.
  meta: DAY_MS,
  stream: RETENTION_MS,
  once: 5 * MINUTE_MS,
  kept: DAY_MS,
  // As long as the numbering of any room of the list, and what it stores.
  archived: 368 * DAY_MS,
  // Which cluster this is.
  identity: NEVER,
  // Feeds. What is on offer stays known while nobody leads it: a few bytes for each symbol there ever was.
  snapshot: DAY_MS,
  deltas: DAY_MS,
  instruments: NEVER,
  // Leases by name.
  holder: LEASE_MS,
  granted: DAY_MS,
  // Presence.
  users: DAY_MS,
  lease: DAY_MS,
  leases: DAY_MS,
  // What presence has written down.
  events: 7 * DAY_MS,
  journal: 7 * DAY_MS,
  dead: 7 * DAY_MS,
  // Limits.
  counts: 7 * DAY_MS,
  bucket: MINUTE_MS,
  // Who is there.
  nodes: ROSTER_LEASE_MS,
  reports: ROSTER_LEASE_MS,
  publishers: ROSTER_LEASE_MS,
  offers: ROSTER_LEASE_MS,
  revocations: REVOCATION_MS,
  // Who registers is registered for good.
  accounts: NEVER,
};

let cluster: RedisCluster;
beforeAll(async () => {
  cluster = await RedisCluster.start();
  return () => cluster[Symbol.asyncDispose]();
});
afterEach(() => cluster.reset());

type Use = (round: number) => Promise<void>;

/** A room is announced again with the first message behind an interval. */
async function untilDue(): Promise<void> {
  const since = performance.now();
  await vi.waitUntil(() => performance.now() - since > ANNOUNCE_INTERVAL_MS, 2 * ANNOUNCE_INTERVAL_MS);
}

/** Uses whatever is stored, as often as it is called. */
async function createUse({ backplane }: RedisNode): Promise<Use> {
  const { archive, broker, identities, limits, lease, nodes, presence, roster } = backplane;
  await presence.start(new PresenceRecorder());
  const grant = await lease.acquire('BTC', LEASE_MS);
  if ('heldForMs' in grant) throw new Error('held');
  const frame = { symbol: 'BTC', epoch: 'e', venueSeq: 1, venueAt: 1, at: 1, bids: [], asks: [] };
  const symbol = { symbol: 'BTC', priceScale: 0, sizeScale: 0 };
  await backplane.feedBus.announce([symbol]);
  await backplane.accounts.create('ann', 'hash');
  return async (round) => {
    await broker.join('pit');
    const idempotency = { sender: 'ann', key: `key-${String(round)}` };
    const retention = { count: 5, ms: RETENTION_MS, isArchived: true };
    await untilDue();
    await broker.publish(request('pit', 'x', { retention, idempotency }));
    await archive?.release('pit', { epoch: 'an-epoch', seq: round });
    await identities?.introduce('an-outbox', 'a-cluster');
    // A snapshot lives on by what follows it.
    if (round === 1) await backplane.feedBus.publishSnapshot({ ...frame, ...symbol, seq: 1 }, grant.fence);
    await backplane.feedBus.publishDelta({ ...frame, seq: round + 1, prev: round }, grant.fence);
    expect(await lease.renew(grant, { by: 'host/1', since: round })).toBe(true);
    for (const user of ['ann', `user-${String(round)}`]) presence.add('pit', user);
    await presence.count('pit');
    await letDie(backplane, round);
    expect(await limits.pass('user:ann', 2)).toBe(true);
    await nodes.attend({ id: 'node', report: '' }, ROSTER_LEASE_MS);
    await limits.set('node', 'user:ann', round);
    await roster.attend({ publisher: 'p', offers: ['BTC'] }, ROSTER_LEASE_MS);
    const id = `id-${String(round)}`;
    const expiresAt = Date.now() + REVOCATION_MS;
    await backplane.revocations.revoke({ kind: 'token', id, issuedUntil: 1, expiresAt });
  };
}

/** Takes what was written down, and leaves a dead letter. */
async function letDie({ events }: Backplane, round: number): Promise<void> {
  const holder = { partition: partitionOf('pit'), fence: 1 };
  await events.claim(holder);
  const dead = [{ id: String(round), letter: '{}' }];
  const page = await events.read(holder, 1);
  await events.settle(holder, page, { upTo: undefined, isMissingTold: true, dead, undelivered: 0 });
}

/** What Redis says of every key: its kind, its time to live, and its name to find it by. */
async function look(): Promise<readonly { readonly key: string; readonly kind: string; readonly ttl: number }[]> {
  const keys = await cluster.admin.keys('*');
  return Promise.all(
    keys.map(async (key) => {
      const kind = new RegExp(`^${cluster.prefix}:\\{[a-z0-9]{2}\\}:([a-z-]+)/`).exec(key)?.[1] ?? key;
      return { key, kind, ttl: await cluster.admin.pttl(key) };
    }),
  );
}

function expectTimesToLive(stored: Awaited<ReturnType<typeof look>>, others: Partial<typeof TIMES_TO_LIVE> = {}): void {
  for (const { key, kind, ttl } of stored) {
    const expected = others[kind] ?? TIMES_TO_LIVE[kind];
    if (expected === undefined) throw new Error(`nothing says how long ${key} lives`);
    const slack = ['meta', 'stream', 'kept'].includes(kind) ? SLACK * Math.max(RETENTION_MS, others['stream'] ?? 0) : 0;
    expect(ttl, key).toBeLessThanOrEqual(expected + slack);
    if (expected === NEVER) expect(ttl, key).toBe(NEVER);
    // The first token of two is back in half the time.
    else expect(ttl, key).toBeGreaterThan((kind === 'bucket' ? expected / 2 : expected) - TOLERANCE_MS);
  }
}

/** The numbering of a room that is archived. */
const ARCHIVED = { meta: 366 * DAY_MS };

/** Of every room everything. */
const TOLD = { of: () => Telling.Both, maxEntries: 100 };

it('gives everything that is stored its time to live, and all of it again with each use', async () => {
  const node = await cluster.startNode({ presenceLease: { leaseMs: 600_000, renewMs: 200_000 }, told: TOLD });
  const use = await createUse(node);
  await use(1);
  const stored = await look();
  expect([...new Set(stored.map(({ kind }) => kind))].sort()).toEqual(Object.keys(TIMES_TO_LIVE).sort());
  expectTimesToLive(stored, ARCHIVED);

  // As if almost all of their time were over.
  const expiring = stored.filter(({ ttl }) => ttl > 0);
  for (const { key } of expiring) await cluster.admin.pexpire(key, TOLERANCE_MS);
  const [meta = ''] = await cluster.keys('meta/pit');
  await cluster.admin.hincrby(meta, 'until', TOLERANCE_MS - (1 + SLACK) * RETENTION_MS);
  await use(2);
  const pit = (await cluster.keys('users/pit'))[0]?.replace('users/pit', 'lease/') ?? '';
  const used = (await look()).filter(({ key }) => !key.endsWith('/key-1') && !/:leases?\//.test(key));
  expectTimesToLive(used, ARCHIVED);
  expectTimesToLive(
    (await look()).filter(({ key }) => key.startsWith(pit)),
    ARCHIVED,
  );
  // A presence lease is renewed as a whole when a connection comes back.
  await cluster.admin.call('CLIENT', 'KILL', 'TYPE', 'normal');
  await node.recorder.untilUpAgain();
  // A key of idempotency is not used again.
  await vi.waitFor(async () => {
    expectTimesToLive(
      (await look()).filter(({ key }) => !key.endsWith('/key-1')),
      ARCHIVED,
    );
  }, TOLERANCE_MS);
});

const FRAME = { symbol: 'BTC', epoch: 'e', seq: 1, venueSeq: 1, venueAt: 1, at: 1, bids: [], asks: [] };
const SNAPSHOT = { ...FRAME, priceScale: 0, sizeScale: 0 };
const RETENTION = { count: 5, ms: RETENTION_MS };

async function acquire({ lease }: Backplane): Promise<number> {
  const grant = await lease.acquire('BTC', LEASE_MS);
  if ('heldForMs' in grant) throw new Error('held');
  return grant.fence;
}

function openTable(commands: RedisConnection): RedisPresenceTable {
  return new RedisPresenceTable({
    redis: routerOver(commands),
    keys: new KeySpace(cluster.prefix),
    channelOf: (room) => room,
  });
}

/** Each thing that may come first, on a Redis without a key. */
const FIRST_USES: Readonly<Record<string, (backplane: Backplane, table: RedisPresenceTable) => Promise<unknown>>> = {
  join: ({ broker }) => broker.join('pit'),
  publish: ({ broker }) => broker.publish(request('pit', 'x', { retention: RETENTION })),
  'publish to a room that is archived': ({ broker }) =>
    broker.publish(request('pit', 'x', { retention: { ...RETENTION, isArchived: true } })),
  'publish to a room that is kept until it is archived': ({ broker }) =>
    broker.publish(request('pit', 'x', { retention: { ...RETENTION, isArchived: true, unarchivedBytes: 1000 } })),
  'release what is archived': ({ archive }) =>
    archive?.release('pit', { epoch: 'an-epoch', seq: 1 }) ?? Promise.resolve(),
  'publish, of which nothing is kept': ({ broker }) =>
    broker.publish(request('pit', 'x', { retention: { count: 0, ms: 0 } })),
  'read history': ({ broker }) => broker.readHistory('pit', { limit: 1 }, RETENTION),
  'remove history': ({ broker }) => broker.removeHistory('pit'),
  'acquire a lease': (backplane) => acquire(backplane),
  'publish a snapshot': async (backplane) => backplane.feedBus.publishSnapshot(SNAPSHOT, await acquire(backplane)),
  // Of a grant by a Redis that was replaced since.
  'publish under a higher fence': async (backplane) =>
    backplane.feedBus.publishPulse(FRAME, (await acquire(backplane)) + 1000),
  'hold a count': ({ limits }) => limits.hold('node', { subject: 'user:ann', own: 1, max: 1 }),
  'set a count': ({ limits }) => limits.set('node', 'user:ann', 1),
  'spend from a budget': ({ limits }) =>
    limits.spend({ subject: 'stored:user:ann', amount: 5, max: 10, windowMs: MINUTE_MS }),
  'take a token': ({ limits }) => limits.pass('user:ann', 2),
  'attend as a node': ({ nodes }) => nodes.attend({ id: 'node', report: '' }, ROSTER_LEASE_MS),
  'attend as a publisher': ({ roster }) => roster.attend({ publisher: 'p', offers: [] }, ROSTER_LEASE_MS),
  revoke: ({ revocations }) =>
    revocations.revoke({ kind: 'user', id: 'ann', issuedUntil: 1, expiresAt: Date.now() + REVOCATION_MS }),
  'give up a presence lease': (_, table) => table.giveUp('lost', LEASE_MS),
  'look after the presence leases of others': (_, table) =>
    table.lookAfter(['other'], { room: 'pit', leaseMs: LEASE_MS }),
  'renew a presence lease whose time is almost over': async (_, table) => {
    await table.begin({ id: 'lease', fence: 1 }, LEASE_MS);
    for (const key of await cluster.keys('leases/')) await cluster.admin.pexpire(key, TOLERANCE_MS);
    await table.tend({ id: 'lease', leaseMs: LEASE_MS, claimMs: LEASE_MS, maxGapMs: LEASE_MS });
  },
  'raise a presence fence': (_, table) => table.raiseFence({ id: 'lease', fence: 1 }),
};

it.each(Object.entries(FIRST_USES))('leaves nothing for ever where the first thing is to %s', async (name, use) => {
  const { backplane } = await cluster.startNode();
  const ignore = (): void => undefined;
  const handler = { handleReady: ignore, handleLost: ignore, handleRefused: ignore, handleUnwritable: ignore };
  const server = routeTo(cluster.redis.url);
  const commands = new RedisConnection({ server, name: 'test', commandTimeoutMs: 2000 }, handler);
  await commands.connect(performance.now() + TOLERANCE_MS);
  await use(backplane, openTable(commands));
  const stored = await look();
  await commands.close();
  expect(stored.length).toBeGreaterThan(0);
  // Of a room that nobody has joined, and nobody has published to.
  const unused = /history$/.test(name) ? { meta: MINUTE_MS } : {};
  const archived = /archived$/.test(name) ? { meta: 366 * DAY_MS } : {};
  const unarchived = /until it is archived$/.test(name) ? { stream: DAY_MS } : {};
  expectTimesToLive(stored, { ...unused, ...archived, ...unarchived });
});

it('keeps nothing of a room that was only weighed', async () => {
  const { broker } = (await cluster.startNode()).backplane;
  expect(await broker.weigh(['pit'])).toHaveLength(1);
  expect(await look()).toEqual([]);
});

it('gives what is written down all of its time again with whatever is done with it', async () => {
  const { backplane } = await cluster.startNode({ told: TOLD });
  const { events, presence } = backplane;
  const [partition, holder] = [partitionOf('pit'), { partition: partitionOf('pit'), fence: 1 }];
  const come = async (user: string): Promise<void> => {
    presence.add('pit', user);
    await presence.count('pit');
  };
  await presence.start(new PresenceRecorder());
  await come('ann');
  await letDie(backplane, 1);
  const uses: readonly (readonly [() => Promise<unknown>, readonly string[]])[] = [
    [() => come('bob'), ['events', 'journal']],
    [() => events.claim(holder), ['dead', 'events', 'journal']],
    [
      async () => {
        const page = await events.read(holder, 1);
        const settlement = { upTo: page.entries[0], isMissingTold: true, dead: [], undelivered: 0 };
        await events.settle(holder, page, settlement);
      },
      ['dead', 'events', 'journal'],
    ],
    [() => events.resend(partition), ['events', 'journal']],
  ];
  for (const [use, kinds] of uses) {
    for (const { key, kind } of await look()) {
      if (kinds.includes(kind)) await cluster.admin.pexpire(key, TOLERANCE_MS);
    }
    await use();
    const used = (await look()).filter(({ kind }) => kinds.includes(kind));
    expect(used.map(({ kind }) => kind).sort()).toEqual(kinds);
    expectTimesToLive(used);
  }
});

it('keeps nothing of a count that is given back', async () => {
  const { limits } = (await cluster.startNode()).backplane;
  await limits.set('node', 'user:ann', 1);
  expect(await cluster.keys('counts/')).toHaveLength(1);
  await limits.set('node', 'user:ann', 0);
  expect(await cluster.keys('counts/')).toEqual([]);
});

interface Roster {
  readonly set: string;
  readonly hash: string;
  readonly attend: (backplane: Backplane, id: string, leaseMs: number) => Promise<unknown>;
  readonly leave: (backplane: Backplane, id: string) => Promise<void>;
}
const ROSTERS: readonly Roster[] = [
  {
    set: 'nodes',
    hash: 'reports',
    attend: ({ nodes }, id, leaseMs) => nodes.attend({ id, report: '' }, leaseMs),
    leave: ({ nodes }, id) => nodes.leave(id),
  },
  {
    set: 'publishers',
    hash: 'offers',
    attend: ({ roster }, publisher, leaseMs) => roster.attend({ publisher, offers: [] }, leaseMs),
    leave: ({ roster }, publisher) => roster.leave(publisher),
  },
];

it.each(ROSTERS)(
  'keeps $set and their $hash for as long as the last of them is there, and of others nothing',
  async ({ set, hash, attend, leave }) => {
    const { backplane } = await cluster.startNode();
    await attend(backplane, 'first', ROSTER_LEASE_MS);
    await attend(backplane, 'gone', 1);
    await attend(backplane, 'left', LEASE_MS);
    await leave(backplane, 'left');
    const now = Date.now();
    await vi.waitUntil(() => Date.now() > now + 1);
    await attend(backplane, 'second', ROSTER_LEASE_MS);
    await attend(backplane, 'short', MINUTE_MS);
    const [[setKey = ''], [hashKey = '']] = [await cluster.keys(`${set}/`), await cluster.keys(`${hash}/`)];
    expect((await cluster.admin.zrange(setKey, '0', '-1')).sort()).toEqual(['first', 'second', 'short']);
    expect((await cluster.admin.hkeys(hashKey)).sort()).toEqual(['first', 'second', 'short']);
    for (const key of [setKey, hashKey]) {
      expect(await cluster.admin.pttl(key)).toBeGreaterThan(ROSTER_LEASE_MS - TOLERANCE_MS);
    }
  },
);
