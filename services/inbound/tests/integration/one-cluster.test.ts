import { type Backplane, type ClusterIdentities, createRedisBackplane } from '@outcry/broker';
import {
  type InboundProcess,
  PostgresProcess,
  readHealth,
  startInbound,
  startRedis,
  TestDatabase,
  type TestRedis,
  uniquePrefix,
} from '@outcry/testkit';
import { Attendance, migrate, type ServiceList, SourceHealth } from '@outcry/worker';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { MIGRATIONS } from '../../src/outbox/postgres/migrations.ts';
import { PostgresOutbox } from '../../src/outbox/postgres/postgres-outbox.ts';
import { RedisStreamStore } from '../../src/stream/redis/redis-stream-store.ts';
import { publish } from '../support/database.ts';
import { Listener } from '../support/listener.ts';

/** Nobody is forgotten within a test, but who says so. */
const LEASE_MS = 600_000;
/** Of who waits in vain. */
const PATIENCE_MS = 50;
const SILENT = { info: () => undefined, warn: () => undefined };
const HANDLER = {
  handleMessage: () => undefined,
  handleSignal: () => undefined,
  handleReset: () => undefined,
  handleStatus: () => undefined,
};
const NO_NAME = /^services of another Redis use this (database|stream) \(/;
const ANOTHER = /^the (database|stream) \(\w+\) is the \w+ of cluster \S+, and this Redis is of cluster \S+: /;
const SOON = { timeout: 20_000, interval: 20 };

/** One of two clusters that have a Redis each, and the same prefix in it. */
interface Cluster {
  readonly url: string;
  readonly identities: ClusterIdentities;
  readonly admin: Redis;
}

/** What belongs to one cluster. */
interface Place {
  readonly of: { readonly thing: string; readonly setting: string; readonly role: string; readonly unbind: string };
  readonly by: string;
  readonly list: ServiceList;
  /** Of which cluster it says that it is; as a backup says it that is restored. */
  name(): Promise<string | undefined>;
  restore(name: string | undefined): Promise<unknown>;
  /** As docs/INBOUND.md has it. */
  unbind(): Promise<unknown>;
}

const KINDS = ['an outbox', 'a stream'] as const;
const prefix = uniquePrefix();
const stream = `${prefix}:stream`;
const stateOfStream = `{${stream}}:outcry`;
const undo: (() => Promise<unknown>)[] = [];
let database: TestDatabase;
let clusters: readonly [Cluster, Cluster];
let places: Readonly<Record<(typeof KINDS)[number], Place>>;
/** Where the stream is: a Redis of its own, which no cluster has. */
let streams: Redis;
let streamUrl: string;

async function openCluster({ url }: TestRedis): Promise<Cluster> {
  const backplane: Backplane = createRedisBackplane({ url, prefix });
  await backplane.start(HANDLER);
  const admin = new Redis(url);
  undo.push(async () => {
    admin.disconnect();
    await backplane.close();
  });
  const { identities } = backplane;
  if (identities === undefined) throw new Error('expected a cluster that can be called something');
  return { url, identities, admin };
}

async function openOutbox(): Promise<Place> {
  const onFault = (): void => undefined;
  const list = new PostgresOutbox({ url: database.urlOf(), maxConnections: 4, mustMigrate: true, onFault });
  undo.push(() => list.close());
  const by = `outbox/${await list.open()}`;
  const owner = await database.connect();
  return {
    of: { thing: 'database', setting: 'OUTCRY_POSTGRES_URL', role: 'outbox', unbind: 'say so' },
    ...{ by, list },
    name: async () => {
      const { rows } = await owner.query<{ cluster: string | null }>('SELECT cluster FROM outcry.outbox_cluster');
      return rows[0]?.cluster ?? undefined;
    },
    restore: (name) => owner.query('UPDATE outcry.outbox_cluster SET cluster = $1', [name]),
    unbind: () => owner.query('SELECT outcry.outbox_unbind()'),
  };
}

async function openStream(): Promise<Place> {
  const list = new RedisStreamStore({ url: streamUrl, keys: [stream], mustTrim: true });
  undo.push(() => list.close());
  return {
    of: { thing: 'stream', setting: 'OUTCRY_STREAM_URL', role: 'source', unbind: 'say so' },
    ...{ by: `stream/${await list.identify(stream)}`, list },
    name: async () => (await streams.hget(stateOfStream, 'cluster')) ?? undefined,
    restore: (name) =>
      name === undefined ? streams.hdel(stateOfStream, 'cluster') : streams.hset(stateOfStream, 'cluster', name),
    unbind: () => streams.hdel(stateOfStream, 'cluster'),
  };
}

// One stage for all: names are what each test changes, and begins without.
beforeAll(async () => {
  const [one, other, third, postgres] = await Promise.all([
    startRedis(),
    startRedis(),
    startRedis(),
    PostgresProcess.start(),
  ]);
  undo.push(async () => {
    await Promise.all([one, other, third].map((server) => server.stop()));
    await postgres[Symbol.asyncDispose]();
  });
  streamUrl = third.url;
  streams = new Redis(streamUrl);
  undo.push(() => streams.quit());
  database = await TestDatabase.create(postgres);
  undo.push(() => database[Symbol.asyncDispose]());
  clusters = await Promise.all([openCluster(one), openCluster(other)]);
  places = { 'an outbox': await openOutbox(), 'a stream': await openStream() };
});
afterAll(async () => {
  for (const step of undo.toReversed()) await step();
});

describe.each(KINDS)('%s', (kind) => {
  const called = async ({ identities }: Cluster): Promise<string | undefined> =>
    (await identities.identify(places[kind].by)).cluster;

  /** Services that have not begun, each of one of the two; all are gone behind the test. */
  async function withMembers(test: (members: (name: string, of: 0 | 1) => Attendance) => Promise<void>): Promise<void> {
    const place = places[kind];
    const members: Attendance[] = [];
    for (const { admin } of clusters) await admin.flushall();
    await place.restore(undefined);
    try {
      await test((service, of) => {
        const { identities } = clusters[of];
        const times = { leaseMs: LEASE_MS, renewMs: 20 };
        const shared = { of: place.of, by: place.by, list: place.list };
        const member = new Attendance({
          ...{ service, identities, times, ...shared },
          ...{ health: new SourceHealth(SILENT), logger: SILENT },
        });
        members.push(member);
        return member;
      });
    } finally {
      for (const member of members) await member.leave();
    }
  }
  const refused = (words: RegExp) => ({ code: 'badConfig', message: expect.stringMatching(words) as string });

  it('is of the cluster that was first; another one is told, also where nothing was stored there before', () =>
    withMembers(async (member) => {
      const [a, b, c] = [member('a', 0), member('b', 0), member('c', 1)];
      await a.begin();
      await b.begin();
      expect(await places[kind].name()).toBe(await called(clusters[0]));
      await expect(c.begin(PATIENCE_MS)).rejects.toMatchObject(refused(NO_NAME));
      expect(await called(clusters[1])).toBeUndefined();
      await clusters[1].identities.introduce(places[kind].by, 'other');
      await expect(c.begin()).rejects.toMatchObject(refused(ANOTHER));
      expect([...((await a.attend(LEASE_MS)) ?? [])].sort()).toEqual(['a', 'b']);
    }));

  it('is of one of two clusters that begin at once, and of all services of that', () =>
    withMembers(async (member) => {
      const members = ['a', 'b', 'c', 'd'].map((service, i) => member(service, i < 2 ? 0 : 1));
      const begun = members.map((one) => one.begin());
      await Promise.any([Promise.all(begun.slice(0, 2)), Promise.all(begun.slice(2))]);
      // Whoever has not begun waits no more.
      for (const { identities } of clusters) await identities.introduce(places[kind].by, 'other');
      const outcomes = (await Promise.allSettled(begun)).map(({ status }) => status === 'fulfilled');
      expect([
        [true, true, false, false],
        [false, false, true, true],
      ]).toContainEqual(outcomes);
    }));

  it('is read by nobody of a cluster that was frozen while another one came, from its next look on', () =>
    withMembers(async (member) => {
      const [frozen, next] = [member('a', 0), member('b', 1)];
      await frozen.begin();
      await frozen.attend(1);
      await vi.waitFor(() => next.begin(0), SOON);
      expect(await frozen.attend(LEASE_MS)).toEqual([]);
      expect(frozen.refusal).toMatch(ANOTHER);
      expect(await next.attend(LEASE_MS)).toEqual(['b']);
    }));

  it('goes on where Redis has lost everything, under the name that it has', () =>
    withMembers(async (member) => {
      const [a, b] = [member('a', 0), member('b', 0)];
      for (const one of [a, b]) await one.begin();
      const name = await called(clusters[0]);
      expect(name).toMatch(/^[0-9a-f-]{36}$/);
      await clusters[0].admin.flushall();
      // One that comes just then waits for those who know.
      const late = member('c', 0).begin();
      for (const one of [a, b]) await one.attend(LEASE_MS);
      await late;
      expect([await called(clusters[0]), a.refusal, b.refusal]).toEqual([name, undefined, undefined]);
    }));

  it('goes with its services to a new Redis, and to the former one when it is unbound', () =>
    withMembers(async (member) => {
      const [a, b] = [member('a', 0), member('b', 1)];
      await a.begin();
      await a.leave();
      await b.begin();
      expect(await called(clusters[1])).not.toBe(await called(clusters[0]));
      await expect(a.begin()).rejects.toMatchObject(refused(ANOTHER));
      if (kind === 'an outbox') await expect(places[kind].unbind()).rejects.toThrow('services read this outbox: stop');
      await b.leave();
      await expect(a.begin()).rejects.toMatchObject(refused(ANOTHER));
      await places[kind].unbind();
      await a.begin();
      await expect(b.begin()).rejects.toMatchObject(refused(ANOTHER));
    }));

  it('is of its cluster again where a backup is restored, also one of before there were names', () =>
    withMembers(async (member) => {
      const a = member('a', 0);
      await a.begin();
      const name = await places[kind].name();
      await a.leave();
      for (const backup of [name, undefined]) {
        await places[kind].restore(backup);
        await a.begin();
        expect([await places[kind].name(), await called(clusters[0])]).toEqual([name, name]);
        await a.leave();
      }
      await places[kind].restore('former');
      await expect(a.begin()).rejects.toMatchObject(refused(ANOTHER));
    }));
});

it('is read beside services of the former version, by roles that might do that before, and no others', async () => {
  const admin = await database.connect();
  await admin.query('DROP SCHEMA outcry CASCADE');
  await migrate(admin, { ...MIGRATIONS, steps: MIGRATIONS.steps.slice(0, 3) });
  await admin.query('CREATE ROLE reader LOGIN; CREATE ROLE stranger LOGIN');
  await admin.query('GRANT USAGE ON SCHEMA outcry TO reader; GRANT EXECUTE ON FUNCTION outcry.attend TO reader');
  await admin.query(`SELECT outcry.attend('former', 60000)`);
  await migrate(admin, MIGRATIONS);
  const reader = await database.connect('reader');
  const { rows } = await reader.query(`SELECT services FROM outcry.outbox_join('newer', 60000, NULL, NULL)`);
  const present = await reader.query<{ service: string }>(`SELECT outcry.attend('former', 60000) AS service`);
  expect(rows).toEqual([{ services: ['former', 'newer'] }]);
  expect(present.rows.map(({ service }) => service).sort()).toEqual(['former', 'newer']);
  const may = await admin.query(
    `SELECT has_function_privilege('reader', 'outcry.outbox_unbind()', 'execute') AS reader,
       has_function_privilege('stranger', 'outcry.outbox_join(text, integer, text, bigint)', 'execute') AS stranger`,
  );
  expect(may.rows).toEqual([{ reader: false, stranger: false }]);
});

describe('services', () => {
  /** Whoever waits for the processor has not lost anything. */
  const TIMES = { inboundLeaseMs: 30_000, inboundLeaseRenewMs: 200 };
  const held = async ({ internalUrl }: InboundProcess): Promise<readonly string[]> => {
    const text = await (await fetch(`${internalUrl}/metrics`)).text();
    return [...text.matchAll(/^outcry_inbound_(?:partitions|streams) (\d+)$/gm)].map(([, count = '']) => count);
  };

  it('publish nothing while another cluster has what they read, say why, and go on when that is over', async () => {
    const owner = await database.connect();
    await owner.query('DROP SCHEMA outcry CASCADE');
    for (const redis of [...clusters.map(({ admin }) => admin), streams]) await redis.flushall();
    const [one, other] = clusters;
    await using listener = await Listener.join(one.url, prefix, ['alpha']);
    const settings = { redisPrefix: prefix, postgresUrl: database.urlOf(), streamUrl, streamKeys: stream, ...TIMES };
    const publishBoth = async (data: string): Promise<void> => {
      await publish(owner, { room: 'alpha', data: `row ${data}` });
      await streams.xadd(stream, '*', 'room', 'alpha', 'data', JSON.stringify(`entry ${data}`));
    };
    const untilBoth = (data: string) =>
      Promise.all(['row', 'entry'].map((kind) => listener.untilHeard(`${kind} ${data}`)));
    await using service = await startInbound({ ...settings, redisUrl: one.url });
    await publishBoth('first');
    await untilBoth('first');
    const { rows: sources } = await owner.query<{ id: string }>('SELECT outcry.source_id() AS id');
    await other.identities.introduce(`outbox/${sources[0]?.id ?? ''}`, 'other');
    const second = expect(startInbound({ ...settings, redisUrl: other.url })).rejects.toThrow(
      /the database \(OUTCRY_POSTGRES_URL\) is the outbox of cluster \S+, and this Redis is of cluster other: .* SELECT outcry\.outbox_unbind\(\)/,
    );
    await one.admin.flushall();
    await expect.poll(() => one.admin.keys(`${prefix}:*:identity/*`), SOON).toHaveLength(2);
    await second;
    const { rows } = await owner.query<{ cluster: string }>('SELECT cluster FROM outcry.outbox_cluster');
    const [inStream] = await streams.hmget(stateOfStream, 'cluster');
    const callAll = async (names: readonly (string | null | undefined)[]): Promise<void> => {
      await owner.query('UPDATE outcry.outbox_cluster SET cluster = $1', [names[0]]);
      await streams.hset(stateOfStream, 'cluster', names[1] ?? '');
    };
    await callAll(['another', 'another']);
    await expect.poll(() => held(service), SOON).toEqual(['0', '0']);
    const { status, summary } = await readHealth(service.internalUrl);
    expect([status, summary]).toEqual([503, expect.stringMatching(ANOTHER)]);
    await publishBoth('kept');
    await callAll([rows[0]?.cluster, inStream]);
    await expect.poll(() => held(service), SOON).toEqual(['16', '1']);
    await untilBoth('kept');
    expect(await readHealth(service.internalUrl)).toMatchObject({ status: 200 });
  });
});
