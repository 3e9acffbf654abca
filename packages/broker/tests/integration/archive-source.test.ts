import { hasRedisServer, RedisProcess, uniquePrefix } from '@outcry/testkit';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  ANNOUNCE_INTERVAL_MS,
  type AnnouncedRoom,
  type ArchiveSource,
  type Backplane,
  createRedisBackplane,
  partitionOf,
} from '../../src/index.ts';
import { Recorder } from '../support/recorder.ts';
import { RedisCluster } from '../support/redis-cluster.ts';
import { range, request, RETENTION } from '../support/requests.ts';

const ARCHIVED = { ...RETENTION, isArchived: true };
const ALL = { messages: 1000, bytes: 1024 * 1024 };

function archiveOf({ archive }: Backplane): ArchiveSource {
  if (archive === undefined) throw new Error('expected rooms that can be archived');
  return archive;
}

async function publishAll({ broker }: Backplane, room: string, seqs: readonly number[]): Promise<void> {
  await Promise.all(seqs.map((seq) => broker.publish(request(room, String(seq), { retention: ARCHIVED }))));
}

describe('the source of an archive', () => {
  let cluster: RedisCluster;
  beforeAll(async () => {
    cluster = await RedisCluster.start();
  });
  afterEach(() => cluster.reset());
  afterAll(() => cluster[Symbol.asyncDispose]());

  async function start(): Promise<{ readonly backplane: Backplane; readonly archive: ArchiveSource }> {
    const { backplane } = await cluster.startNode();
    return { backplane, archive: archiveOf(backplane) };
  }

  it('costs a room that is not archived no command', async () => {
    const { backplane, archive } = await start();
    await backplane.broker.publish(request('other', 'x'));
    await cluster.admin.config('RESETSTAT');
    await backplane.broker.publish(request('other', 'y'));
    const calls = [...(await cluster.admin.info('commandstats')).matchAll(/^cmdstat_(eval|evalsha):calls=(\d+)/gm)];
    expect(calls.map(([, command, count]) => [command, count])).toEqual([['evalsha', '1']]);
    expect(await archive.list(partitionOf('other'), 0)).toEqual([]);
  });

  it('is called what it was called first by each of its places, until that is lost, and says what time it is', async () => {
    const { identities } = (await start()).backplane;
    if (identities === undefined) throw new Error('expected a cluster that can be called something');
    const before = Date.now();
    expect(await identities.identify('here')).toEqual({ cluster: undefined, now: expect.any(Number) as number });
    for (const name of ['one', 'two']) await identities.introduce('here', name);
    const { cluster: called, now } = await identities.identify('here');
    expect(called).toBe('one');
    expect((await identities.identify('there')).cluster).toBeUndefined();
    // Of the same machine.
    expect(now).toBeGreaterThanOrEqual(before);
    expect(now).toBeLessThanOrEqual(Date.now());
    await cluster.admin.flushall();
    expect((await identities.identify('here')).cluster).toBeUndefined();
  });

  it('announces a room ahead of what is published there, and once in an interval', async () => {
    const { backplane, archive } = await start();
    const announced: string[] = [];
    const found: number[] = [];
    await archive.watch(partitionOf('pit'), (room) => {
      announced.push(room);
      void archive.read(room, undefined, ALL).then((page) => found.push(page?.head.seq ?? 0));
    });
    await publishAll(backplane, 'pit', range(1, 50));
    await expect.poll(() => announced).toEqual(['pit']);
    const [first] = await archive.list(partitionOf('pit'), 0);
    const since = performance.now();
    await vi.waitUntil(() => performance.now() - since > ANNOUNCE_INTERVAL_MS, 2 * ANNOUNCE_INTERVAL_MS);
    await publishAll(backplane, 'pit', [51]);
    await expect.poll(() => announced).toEqual(['pit', 'pit']);
    const [second] = await archive.list(partitionOf('pit'), (first?.announcedAt ?? 0) + 1);
    expect(second?.room).toBe('pit');
    await archive.unwatch(partitionOf('pit'));
  });

  it('lists all rooms of a partition, however many there are and whenever they were announced', async () => {
    const { backplane, archive } = await start();
    const rooms = range(1, 200_000)
      .map((i) => `room-${String(i)}`)
      .filter((room) => partitionOf(room) === 0)
      .slice(0, 2500);
    await publishAll(backplane, rooms[0] ?? '', [1]);
    const [key = ''] = await cluster.keys('archived/');
    // More of one time than are read at once.
    await cluster.admin.zadd(key, ...rooms.flatMap((room, i) => [i < 2200 ? 5 : i, room]));
    expect((await archive.list(0, 0)).map(({ room }) => room).sort()).toEqual(rooms.toSorted());
    expect((await archive.list(0, 2400)).map(({ room }) => room)).toEqual(rooms.slice(2400));
  });

  it('takes a room off its list, unless it was announced since', async () => {
    const { backplane, archive } = await start();
    await publishAll(backplane, 'pit', [1]);
    const [pit] = (await archive.list(partitionOf('pit'), 0)) as [AnnouncedRoom];
    await archive.dismiss({ ...pit, announcedAt: pit.announcedAt - 1 });
    expect(await archive.list(partitionOf('pit'), 0)).toEqual([pit]);
    await archive.dismiss(pit);
    expect(await archive.list(partitionOf('pit'), 0)).toEqual([]);
  });

  it('reads in pages what is stored behind a position, and from the oldest on where that is of another epoch', async () => {
    const { backplane, archive } = await start();
    await publishAll(backplane, 'pit', range(1, 100));
    const seqsOf = (page: Awaited<ReturnType<ArchiveSource['read']>>): readonly number[] =>
      (page?.messages ?? []).map(({ position }) => position.seq);
    const all = await archive.read('pit', undefined, ALL);
    expect(seqsOf(all)).toEqual(range(1, 100));
    expect(all).toMatchObject({ head: { seq: 100 }, isStored: true, ended: new Map() });
    const { epoch = '' } = all?.head ?? {};
    expect(seqsOf(await archive.read('pit', { epoch, seq: 70 }, { ...ALL, messages: 7 }))).toEqual(range(71, 77));
    const bytes = all?.messages[0]?.frame.length ?? 0;
    expect(seqsOf(await archive.read('pit', { epoch, seq: 70 }, { ...ALL, bytes: 10 * bytes })).length).toBeLessThan(
      12,
    );
    expect(seqsOf(await archive.read('pit', { epoch, seq: 100 }, ALL))).toEqual([]);
    // A numbering that lost its newest messages: they are not there, and nothing else is.
    expect(seqsOf(await archive.read('pit', { epoch, seq: 200 }, ALL))).toEqual([]);
    expect(seqsOf(await archive.read('pit', { epoch: 'another1', seq: 70 }, { ...ALL, messages: 1 }))).toEqual([1]);
    await backplane.broker.removeHistory('pit');
    expect(await archive.read('pit', { epoch, seq: 70 }, ALL)).toMatchObject({ head: { seq: 100 }, isStored: false });
    expect(await archive.read('unknown', undefined, ALL)).toBeUndefined();
    expect(await cluster.keys('meta/unknown')).toEqual([]);
  });

  it('keeps past its bounds what is not archived yet, up to so many bytes, and tells of what it does not keep', async () => {
    const { backplane, archive } = await start();
    const publish = async (room: string, seqs: readonly number[], unarchivedBytes: number): Promise<void> => {
      const retention = { ...ARCHIVED, count: 10, unarchivedBytes };
      await Promise.all(seqs.map((seq) => backplane.broker.publish(request(room, String(seq), { retention }))));
    };
    await publish('pit', range(1, 500), 1024 * 1024);
    const page = await archive.read('pit', undefined, ALL);
    expect(page?.messages.map(({ position }) => position.seq)).toEqual(range(1, 500));
    // Readers have what the room keeps.
    const kept = await backplane.broker.readHistory('pit', { last: 1000 }, { ...ARCHIVED, count: 10 });
    expect(kept.messages).toHaveLength(10);
    await archive.release('pit', page?.head ?? { epoch: '', seq: 0 });
    await publish('pit', range(501, 516), 1024 * 1024);
    expect((await archive.read('pit', undefined, ALL))?.messages[0]?.position.seq).toBeGreaterThan(350);
    expect(backplane.unarchivedCount).toBe(0);
    await publish('trading', range(1, 500), 10_000);
    const left = (await archive.read('trading', undefined, ALL))?.messages[0]?.position.seq ?? 0;
    expect(left).toBeGreaterThan(100);
    expect(backplane.unarchivedCount).toBeGreaterThanOrEqual(left - 1);
  });

  it('has a stream live for a day until all of it is archived, and no longer than any behind that', async () => {
    const { backplane, archive } = await start();
    const retention = { ...ARCHIVED, unarchivedBytes: 1024 };
    await backplane.broker.publish(request('pit', 'x', { retention }));
    const [stream = ''] = await cluster.keys('stream/pit');
    const { head = { epoch: '', seq: 0 } } = (await archive.read('pit', undefined, ALL)) ?? {};
    await archive.release('pit', head);
    expect(await cluster.admin.pttl(stream)).toBeGreaterThan(10 * RETENTION.ms);
    await archive.settle('pit', head);
    expect(await cluster.admin.pttl(stream)).toBeLessThan(2 * RETENTION.ms);
    await archive.settle('unknown', head);
  });

  it('refuses a partition that is none', async () => {
    const { archive } = await start();
    expect(() => archive.watch(64, () => undefined)).toThrow('expected a partition from 0 to 63');
  });
});

describe.runIf(hasRedisServer())('the source of an archive behind a failover', () => {
  it('says where the epoch before ended, and has each message under that in which it was numbered', async () => {
    await using primary = await RedisProcess.start();
    await using replica = await RedisProcess.start(['--replicaof', '127.0.0.1', String(primary.port)]);
    const prefix = uniquePrefix();
    const start = async (url: string): Promise<Backplane> => {
      const backplane = createRedisBackplane({ url, prefix });
      await backplane.start(new Recorder());
      return backplane;
    };
    const before = await start(primary.url);
    await publishAll(before, 'pit', range(1, 10));
    const seen = await archiveOf(before).read('pit', undefined, ALL);
    const admin = new Redis(replica.url);
    await expect.poll(async () => (await admin.keys('*')).length).toBeGreaterThan(2);
    await expect.poll(async () => admin.xlen((await admin.keys('*stream/pit'))[0] ?? '')).toBe(10);
    await before.close();
    await admin.call('REPLICAOF', 'NO', 'ONE');
    const behind = await start(replica.url);
    await publishAll(behind, 'pit', range(11, 12));
    const epoch = seen?.head.epoch ?? '';
    const page = await archiveOf(behind).read('pit', { epoch, seq: 10 }, ALL);
    expect(page?.ended).toEqual(new Map([[epoch, 10]]));
    const epochs = page?.messages.map(({ position }) => position.epoch);
    expect(epochs).toEqual([...range(1, 10).map(() => epoch), page?.head.epoch, page?.head.epoch]);
    expect(page?.head.epoch).not.toBe(epoch);
    admin.disconnect();
    await behind.close();
  });
});
