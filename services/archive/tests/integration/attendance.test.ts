import { ARCHIVE_IDENTITY, type ClusterIdentities } from '@outcry/broker';
import { PostgresProcess, startArchive, startRedis, type TestRedis, uniquePrefix } from '@outcry/testkit';
import { Attendance, SourceHealth } from '@outcry/worker';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { PostgresArchive } from '../../src/store/postgres/postgres-archive.ts';
import { Database } from '../support/database.ts';
import { Speaker } from '../support/speaker.ts';

/** Nobody is forgotten within a test. */
const LEASE_MS = 600_000;
/** Of who waits in vain. */
const PATIENCE_MS = 200;
const HOUR_MS = 3_600_000;
const US_PER_MS = 1000;
const SILENT = { info: () => undefined, warn: () => undefined };
const ANOTHER_CLUSTER =
  /is the archive of cluster \S+, and this Redis is of cluster \S+: .* SELECT outcry\.archive_unbind\(\)/;
const NO_NAME = /services of another Redis use this database \(OUTCRY_ARCHIVE_URL\)/;
const OF = {
  thing: 'database',
  setting: 'OUTCRY_ARCHIVE_URL',
  role: 'archive',
  unbind: 'say SELECT outcry.archive_unbind() as its owner',
};

let servers: readonly [TestRedis, TestRedis];
let postgres: PostgresProcess;
beforeAll(async () => {
  [servers, postgres] = await Promise.all([Promise.all([startRedis(), startRedis()]), PostgresProcess.start()]);
});
afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  await postgres[Symbol.asyncDispose]();
});

/** One of two clusters that have a Redis each, and the same prefix in it. */
interface Cluster {
  readonly redisUrl: string;
  readonly identities: ClusterIdentities;
  readonly speaker: Speaker;
  readonly admin: Redis;
  /** What it is called, and where that stands. */
  called(): Promise<string | undefined>;
  identityKey(): Promise<string>;
}

interface Stage extends AsyncDisposable {
  readonly prefix: string;
  readonly database: Database;
  readonly clusters: readonly [Cluster, Cluster];
  /** A service that has not begun. */
  member(service: string, cluster: Cluster): Attendance;
  /** As the owner. */
  unbind(): Promise<unknown>;
}

async function setStage(): Promise<Stage> {
  const prefix = uniquePrefix();
  const database = await Database.create(postgres);
  const onFault = (): void => undefined;
  const store = new PostgresArchive({ url: database.urlOf(), maxConnections: 4, mustMigrate: true, onFault });
  await store.open();
  const owner = await database.connect();
  const undo: (() => Promise<unknown>)[] = [];
  const open = async ({ url }: TestRedis): Promise<Cluster> => {
    const speaker = await Speaker.start(url, prefix);
    const admin = new Redis(url);
    undo.push(async () => {
      admin.disconnect();
      await speaker[Symbol.asyncDispose]();
    });
    const { identities } = speaker.backplane;
    if (identities === undefined) throw new Error('expected a cluster that can be called something');
    return {
      ...{ redisUrl: url, identities, speaker, admin },
      called: async () => (await identities.identify(ARCHIVE_IDENTITY)).cluster,
      identityKey: async () => (await admin.keys(`${prefix}:*:identity/`))[0] ?? '',
    };
  };
  const clusters = [await open(servers[0]), await open(servers[1])] as const;
  return {
    ...{ prefix, database, clusters },
    member: (service, { identities }) =>
      new Attendance({
        ...{ of: OF, service, identities, by: ARCHIVE_IDENTITY, list: store },
        ...{ health: new SourceHealth(SILENT), logger: SILENT },
        times: { leaseMs: LEASE_MS, renewMs: 20 },
      }),
    unbind: () => owner.query('SELECT outcry.archive_unbind()'),
    async [Symbol.asyncDispose]() {
      for (const step of undo) await step();
      await store.close();
      await database[Symbol.asyncDispose]();
    },
  };
}

describe('an archive', () => {
  it('is that of the cluster that was first, which others are told who wait for it in vain', async () => {
    await using stage = await setStage();
    const [one, other] = stage.clusters;
    const [a, b, c] = [stage.member('a', one), stage.member('b', one), stage.member('c', other)];
    await a.begin();
    await b.begin();
    expect([...((await b.attend(LEASE_MS)) ?? [])].sort()).toEqual(['a', 'b']);
    await expect(c.begin(PATIENCE_MS)).rejects.toMatchObject({
      code: 'badConfig',
      message: expect.stringMatching(NO_NAME) as string,
    });
    expect(await other.called()).toBeUndefined();
    await other.identities.introduce(ARCHIVE_IDENTITY, 'other');
    await expect(c.begin()).rejects.toMatchObject({
      code: 'badConfig',
      message: expect.stringMatching(ANOTHER_CLUSTER) as string,
    });
    expect([...((await a.attend(LEASE_MS)) ?? [])].sort()).toEqual(['a', 'b']);
  });

  it('is that of one of two clusters that begin at once, and of all services of one', async () => {
    await using stage = await setStage();
    const members = ['a', 'b', 'c', 'd'].map((service, i) => stage.member(service, stage.clusters[i < 2 ? 0 : 1]));
    const begun = members.map((member) => member.begin());
    await Promise.any([Promise.all(begun.slice(0, 2)), Promise.all(begun.slice(2))]);
    const before = await Promise.all(stage.clusters.map(async (cluster) => (await cluster.called()) !== undefined));
    // Whoever has not begun waits no more.
    for (const { identities } of stage.clusters) await identities.introduce(ARCHIVE_IDENTITY, 'other');
    const outcomes = (await Promise.allSettled(begun)).map(({ status }) => status === 'fulfilled');
    expect([
      [true, true, false, false],
      [false, false, true, true],
    ]).toContainEqual(outcomes);
    expect(before).toEqual([outcomes[0], outcomes[2]]);
  });

  it('goes on where Redis has lost everything, under the name that the database has', async () => {
    await using stage = await setStage();
    const [one] = stage.clusters;
    const [a, b] = [stage.member('a', one), stage.member('b', one)];
    for (const member of [a, b]) await member.begin();
    const name = await one.called();
    expect(name).toMatch(/^[0-9a-f-]{36}$/);
    await one.admin.flushall();
    // One that comes just then waits for those who know.
    const late = stage.member('c', one).begin();
    expect(await Promise.all([a, b].map((member) => member.attend(LEASE_MS)))).not.toContain(undefined);
    await late;
    expect([await one.called(), a.refusal, b.refusal]).toEqual([name, undefined, undefined]);
  });

  it('goes with its services to a Redis that is new, and the former one is another cluster’s from then on', async () => {
    await using stage = await setStage();
    const [former, next] = stage.clusters;
    const a = stage.member('a', former);
    await a.begin();
    await a.leave();
    const b = stage.member('b', next);
    await b.begin();
    expect(await next.called()).not.toBe(await former.called());
    await expect(a.begin()).rejects.toThrow(ANOTHER_CLUSTER);
    await expect(stage.unbind()).rejects.toThrow('services archive into this database: stop them first');
    await b.leave();
    await expect(a.begin()).rejects.toThrow(ANOTHER_CLUSTER);
    await stage.unbind();
    await a.begin();
    await expect(b.begin()).rejects.toThrow(ANOTHER_CLUSTER);
  });

  it('stops where another cluster is found while it runs, says so, and goes on when that is over', async () => {
    await using stage = await setStage();
    const { clusters, prefix: redisPrefix, database } = stage;
    const [one] = clusters;
    const settings = { redisUrl: one.redisUrl, redisPrefix, archiveUrl: database.urlOf(), archiveLeaseRenewMs: 100 };
    await using service = await startArchive(settings);
    const readiness = async (): Promise<string> => (await fetch(`${service.internalUrl}/readyz`)).text();
    const partitions = async (): Promise<string | undefined> => {
      const text = await (await fetch(`${service.internalUrl}/metrics`)).text();
      return /^outcry_archive_partitions (\d+)$/m.exec(text)?.[1];
    };
    const expectSoon = (look: () => Promise<void>): Promise<void> =>
      vi.waitFor(look, { timeout: 20_000, interval: 50 });
    await expectSoon(async () => {
      expect(await partitions()).toBe('16');
    });
    const [key, name] = [await one.identityKey(), (await one.called()) ?? ''];
    await one.admin.set(key, 'another');
    await expectSoon(async () => {
      expect(await readiness()).toMatch(ANOTHER_CLUSTER);
      expect(await partitions()).toBe('0');
    });
    await one.admin.set(key, name);
    await expectSoon(async () => {
      expect(await partitions()).toBe('16');
      expect(await readiness()).toContain('ok');
    });
    await one.admin.set(key, 'another');
    await expect(startArchive(settings)).rejects.toThrow(ANOTHER_CLUSTER);
  });

  it('archives though the database knows later fences than the clock of Redis gives, at its start and while it runs', async () => {
    await using stage = await setStage();
    const { clusters, prefix: redisPrefix, database } = stage;
    const [{ redisUrl, speaker }] = clusters;
    const owner = await database.connect();
    const fenceAll = (hours: number): Promise<unknown> =>
      owner.query('UPDATE outcry.archive_partitions SET fence = $1', [(Date.now() + hours * HOUR_MS) * US_PER_MS]);
    await fenceAll(1);
    const archiveUrl = database.urlOf();
    await using service = await startArchive({ redisUrl, redisPrefix, archiveUrl, archiveLeaseRenewMs: 100 });
    const expectArchived = (rooms: readonly string[]): Promise<void> =>
      vi.waitFor(
        async () => {
          const { rows } = await owner.query<{ room: string }>('SELECT room FROM outcry.messages ORDER BY room');
          expect(rows.map(({ room }) => room)).toEqual(rooms);
        },
        { timeout: 20_000, interval: 50 },
      );
    await speaker.say('alpha', 'x');
    await expectArchived(['alpha']);
    await fenceAll(2);
    await speaker.say('beta', 'x');
    await expectArchived(['alpha', 'beta']);
    expect(await (await fetch(`${service.internalUrl}/readyz`)).text()).toContain('ok');
  });

  it('shows what waits where the database refuses the rows of a room, and is not ready until it takes them', async () => {
    await using stage = await setStage();
    const { clusters, prefix: redisPrefix, database } = stage;
    const [{ redisUrl, speaker }] = clusters;
    const owner = await database.connect();
    await owner.query(`ALTER TABLE outcry.messages ADD CONSTRAINT refused CHECK (room <> 'alpha')`);
    const times = { archiveLeaseMs: 800, archiveLeaseRenewMs: 200, archivePollMs: 100 };
    await using service = await startArchive({ redisUrl, redisPrefix, archiveUrl: database.urlOf(), ...times });
    const metric = async (name: string): Promise<number> => {
      const text = await (await fetch(`${service.internalUrl}/metrics`)).text();
      return Number(new RegExp(`^outcry_archive_${name} (\\S+)$`, 'm').exec(text)?.[1]);
    };
    const readiness = async (): Promise<string> => (await fetch(`${service.internalUrl}/readyz`)).text();
    const soon = { timeout: 20_000, interval: 50 };
    for (let n = 1; n <= 3; n += 1) await speaker.say('alpha', n);
    await expect.poll(() => metric('lag_messages'), soon).toBe(3);
    await expect.poll(readiness, soon).toMatch(/partition \d+ has not been archived for \d+ s: the log says why/);
    expect(await metric('stalled_seconds')).toBeGreaterThan(1);
    await owner.query('ALTER TABLE outcry.messages DROP CONSTRAINT refused');
    await expect.poll(() => metric('rows_total'), soon).toBe(3);
    await expect.poll(() => metric('lag_messages'), soon).toBe(0);
    await expect.poll(readiness, soon).toMatch(/"status": "ok"/);
  });
});
