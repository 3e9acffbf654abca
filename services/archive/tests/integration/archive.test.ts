import { readFileSync } from 'node:fs';
import { setTimeout as pace } from 'node:timers/promises';

import {
  type ArchiveProcess,
  type ArchiveSettings,
  leasePort,
  PostgresProcess,
  ServiceProcess,
  startArchive,
  startRedis,
  type TestRedis,
  uniquePrefix,
} from '@outcry/testkit';
import { archiveLease, type LeaseNote, partitionOf } from '@outcry/broker';
import { migrate } from '@outcry/worker';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { MIGRATIONS } from '../../src/store/postgres/migrations.ts';
import { PostgresArchive } from '../../src/store/postgres/postgres-archive.ts';
import { countMessages, Database, readGaps, readMessages } from '../support/database.ts';
import { explainPage } from '../support/explain-page.ts';
import { ARCHIVED, Speaker } from '../support/speaker.ts';

const OPERATIONS = new URL('../../../../docs/OPERATIONS.md', import.meta.url);
const PARTITIONS = 16;
/** Of pino. */
const WARN = 40;
/** Not so short that a process which waits for the processor loses what it archives. */
const SHORT_LEASE = { archiveLeaseMs: 1500, archiveLeaseRenewMs: 300 };
/** Between two messages of a room. */
const PACE_MS = 2;
const ROOMS = ['alpha', 'beta', 'комната'];
const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);
const partOf = (room: string): number => partitionOf(room) % PARTITIONS;
const onFault = (): void => undefined;
const NO_INFO = { info: null, infoBytes: null };

let redis: TestRedis;
let postgres: PostgresProcess;
beforeAll(async () => {
  [redis, postgres] = await Promise.all([startRedis(), PostgresProcess.start()]);
});
afterAll(async () => {
  await redis.stop();
  await postgres[Symbol.asyncDispose]();
});

interface Stage extends AsyncDisposable {
  readonly prefix: string;
  readonly database: Database;
  readonly speaker: Speaker;
  start(settings?: Partial<ArchiveSettings>): Promise<ArchiveProcess>;
}

async function setStage(): Promise<Stage> {
  const prefix = uniquePrefix();
  const database = await Database.create(postgres);
  const speaker = await Speaker.start(redis.url, prefix);
  const services: ArchiveProcess[] = [];
  return {
    prefix,
    database,
    speaker,
    async start(settings = {}) {
      const service = await startArchive({
        redisUrl: redis.url,
        redisPrefix: prefix,
        archiveUrl: database.urlOf(),
        ...settings,
      });
      services.push(service);
      return service;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(services.map((service) => service[Symbol.asyncDispose]()));
      await speaker[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}

async function metricOf(service: ArchiveProcess, name: string): Promise<number> {
  const text = await (await fetch(`${service.internalUrl}/metrics`)).text();
  const line = text.split('\n').find((other) => other.startsWith(`outcry_archive_${name} `)) ?? '';
  return Number(line.slice(line.lastIndexOf(' ')));
}

/** One process has all of it, and says with its leases what it has written. */
async function expectHeldByOne({ backplane: { lease } }: Speaker, written: number): Promise<void> {
  const leases = range(0, PARTITIONS - 1).map((part) => archiveLease(String(part)));
  const find = async (): Promise<readonly LeaseNote[]> =>
    (await lease.find(leases)).flatMap((holding) => holding?.note ?? []);
  const total = (notes: readonly LeaseNote[], name: string): number =>
    notes.reduce((sum, { figures }) => sum + (figures?.[name] ?? NaN), 0);
  await expect.poll(async () => total(await find(), 'stored')).toBe(written);
  const notes = await find();
  expect(notes).toHaveLength(PARTITIONS);
  expect(new Set(notes.map(({ by }) => by)).size).toBe(1);
  expect(['gaps', 'waiting'].map((name) => total(notes, name))).toEqual([0, 0]);
}

/** Says one thing after the other in all rooms until it is ended; resolves with how many in each. */
function keepTalking(speaker: Speaker): () => Promise<number> {
  const ending = new AbortController();
  const talking = (async () => {
    let n = 0;
    for (; !ending.signal.aborted; n++) {
      await Promise.all(ROOMS.map((room) => speaker.say(room, { n })));
      await pace(PACE_MS);
    }
    return n;
  })();
  return () => {
    ending.abort();
    return talking;
  };
}

/** Every message of every room once, in order, as it was sent. */
async function expectWhole({ database, speaker }: Stage, count: number): Promise<void> {
  const client = await database.connect();
  await vi.waitFor(
    async () => {
      expect(await countMessages(client)).toBe(count * ROOMS.length);
    },
    { timeout: 20_000 },
  );
  for (const room of ROOMS) {
    const rows = await readMessages(client, room);
    expect(rows.map(({ seq }) => seq)).toEqual(Array.from({ length: count }, (_, i) => i + 1));
    expect(rows.map(({ payload }) => payload)).toEqual(Array.from({ length: count }, (_, n) => ({ n })));
    const frames = await speaker.framesOf(room);
    expect(rows.slice(-frames.length).map(({ frame }) => frame)).toEqual(frames);
  }
  expect(await readGaps(client)).toEqual([]);
}

const NOT_IN_JSONB = ['\0', { 'a\0b': 1 }, ['x', { y: '\\\0' }]];
const AS_IN_JSONB = ['\ufffd', { 'a\ufffdb': 1 }, ['x', { y: '\\\ufffd' }]];
const PAYLOADS: readonly unknown[] = [
  null,
  true,
  0,
  -1.5,
  Number.MAX_SAFE_INTEGER,
  1e308,
  5e-324,
  '',
  '\\u0000 as it is written, and \\\\u0000',
  `'); DROP TABLE outcry.messages; --`,
  '{"a",NULL,\\"b\\"}',
  'text with 😀, \u2028 and \u0001\u007f',
  'x'.repeat(16_000),
  [[], {}, [null, [false]]],
  { a: { b: { c: [1, 2, { d: 'e' }] } }, '': 'no name' },
];

describe('the archive', () => {
  it('keeps what is said in an archived room as it was sent, by the rights of docs/ARCHIVE.md, and nothing else', async () => {
    await using stage = await setStage();
    const { database, speaker } = stage;
    await (await stage.start()).process.stop();
    await database.grantRoles();
    const service = await stage.start({ archiveMigrate: false, archiveUrl: database.urlOf('outcry_archive') });
    await speaker.say('other', 'x', { ...ARCHIVED, isArchived: false });
    const all = [...PAYLOADS, ...NOT_IN_JSONB, Buffer.from([0, 1, 255])];
    for (const data of all) await speaker.say('alpha', data);
    const reader = await database.connect('analyst');
    await expect.poll(() => countMessages(reader)).toBe(all.length);
    const rows = await readMessages(reader, 'alpha');
    expect(rows.map(({ frame }) => frame)).toEqual(await speaker.framesOf('alpha'));
    expect(rows.map(({ payload }) => payload)).toEqual([...PAYLOADS, ...AS_IN_JSONB, 'AAH/']);
    expect(new Set(rows.map(({ sender }) => sender))).toEqual(new Set(['ann']));
    const { rows: months } = await reader.query(
      `SELECT DISTINCT tableoid::regclass::text AS month, to_char(sent_at AT TIME ZONE 'UTC', '"outcry.messages_"YYYY_MM') AS named FROM outcry.messages`,
    );
    for (const { month, named } of months as { month: string; named: string }[]) expect(month).toBe(named);
    for (const [role, query] of [
      ['analyst', `DELETE FROM outcry.messages`],
      ['analyst', `SELECT outcry.archive_claim(0::smallint, 1)`],
      ['analyst', 'SELECT * FROM outcry.archive_cursors'],
      ['outcry_archive', 'DELETE FROM outcry.messages'],
      ['outcry_archive', 'UPDATE outcry.archive_partitions SET fence = 0'],
    ] as const) {
      const client = await database.connect(role);
      await expect(client.query(query), `${role}: ${query}`).rejects.toThrow(/permission denied/);
    }
    expect(await (await fetch(`${service.internalUrl}/readyz`)).text()).toContain('ok');
    expect([await metricOf(service, 'rows_total'), await metricOf(service, 'faults_total')]).toEqual([all.length, 0]);
    await expectHeldByOne(speaker, all.length);
    const metrics = await (await fetch(`${service.internalUrl}/metrics`)).text();
    const operations = readFileSync(OPERATIONS, 'utf8');
    for (const [, name = ''] of metrics.matchAll(/^# TYPE (outcry_archive_\w+) /gm)) {
      if (!/_(process|nodejs|build)_/.test(name)) expect(operations).toContain(name);
    }
    expect(await service.process.stop()).toEqual({ code: 0, signal: null });
  });

  it('says once why it does not start, and ends', async () => {
    await using stage = await setStage();
    using nobody = await leasePort();
    const reasons = {
      [stage.database.urlOf()]:
        'the database has no schema outcry, and this service needs version 8: start it once with OUTCRY_ARCHIVE_MIGRATE=true as the owner',
      [`postgres://outcry@127.0.0.1:${String(nobody.port)}/archive`]: expect.stringContaining('ECONNREFUSED') as string,
    };
    for (const [archiveUrl, reason] of Object.entries(reasons)) {
      const process = new ServiceProcess({
        entry: 'services/archive/src/main.ts',
        env: {
          ...{ OUTCRY_INTERNAL_HOST: '127.0.0.1', OUTCRY_INTERNAL_PORT: '0', OUTCRY_ARCHIVE_MIGRATE: 'false' },
          ...{ OUTCRY_REDIS_URL: redis.url, OUTCRY_REDIS_PREFIX: stage.prefix, OUTCRY_ARCHIVE_URL: archiveUrl },
        },
      });
      expect(await process.exited).toMatchObject({ code: 1 });
      expect(process.log.filter(({ level }) => level >= WARN)).toMatchObject([{ msg: 'start failed', reason }]);
    }
  });

  it('has each message once and in order, though it is killed, and the database crashes', async () => {
    await using stage = await setStage();
    let service = await stage.start(SHORT_LEASE);
    const endTalking = keepTalking(stage.speaker);
    await expect.poll(() => metricOf(service, 'rows_total')).toBeGreaterThan(30);
    service.process.kill();
    await service.process.exited;
    service = await stage.start(SHORT_LEASE);
    await expect.poll(() => metricOf(service, 'rows_total')).toBeGreaterThan(30);
    await postgres.kill();
    await vi.waitFor(
      async () => {
        const response = await fetch(`${service.internalUrl}/readyz`);
        expect([response.status, await response.text()]).toEqual([
          503,
          expect.stringContaining('the archive cannot be written') as string,
        ]);
      },
      { timeout: 20_000 },
    );
    await postgres.restart();
    const before = await metricOf(service, 'rows_total');
    await expect.poll(() => metricOf(service, 'rows_total')).toBeGreaterThan(before);
    await expectWhole(stage, await endTalking());
  });

  it('divides the partitions; of one that is frozen past its lease nothing gets in when it wakes', async () => {
    await using stage = await setStage();
    const [one, other] = [await stage.start(SHORT_LEASE), await stage.start(SHORT_LEASE)];
    const each = (name: string): Promise<number[]> =>
      Promise.all([one, other].map((service) => metricOf(service, name)));
    const held = (): Promise<number[]> => each('partitions');
    await expect.poll(held).toEqual([PARTITIONS / 2, PARTITIONS / 2]);
    const endTalking = keepTalking(stage.speaker);
    await expect.poll(async () => Math.max(...(await each('rows_total')))).toBeGreaterThan(0);
    // It is by chance whose the rooms are: one of them may have none.
    const [first, second] = (await metricOf(one, 'rows_total')) > 0 ? [one, other] : [other, one];
    first.process.freeze();
    await expect.poll(() => metricOf(second, 'partitions')).toBe(PARTITIONS);
    const before = await metricOf(second, 'rows_total');
    await expect.poll(() => metricOf(second, 'rows_total')).toBeGreaterThan(before + 30);
    first.process.thaw();
    await expect.poll(held).toEqual([PARTITIONS / 2, PARTITIONS / 2]);
    await expectWhole(stage, await endTalking());
  });

  it('closes a partition to whoever comes with a lower fence, also while that one writes', async () => {
    await using stage = await setStage();
    const store = new PostgresArchive({ url: stage.database.urlOf(), maxConnections: 2, mustMigrate: true, onFault });
    await store.open();
    const [old, next] = [
      { partition: '3', fence: 7 },
      { partition: '3', fence: 8 },
    ];
    const frame = Buffer.from([1]);
    const sentAt = Date.UTC(2026, 0, 1);
    const batch = (seq: number): Parameters<typeof store.store>[1] => ({
      messages: [{ room: 'alpha', epoch: 'e', seq, sentAt, sender: 'ann', payload: '1', frame, ...NO_INFO }],
      gaps: [],
      cursors: [{ room: 'alpha', epoch: 'e', seq }],
    });
    await store.claim(old);
    expect((await store.store(old, batch(1))).messages).toBe(1);
    expect((await store.store(old, batch(1))).messages).toBe(0);
    const writing = await stage.database.connect();
    await writing.query('BEGIN');
    await writing.query('SELECT FROM outcry.archive_partitions WHERE partition = 3 FOR UPDATE');
    const claimed = store.claim(next);
    const state = `SELECT count(*)::int AS waiting FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    await expect.poll(async () => (await writing.query<{ waiting: number }>(state)).rows).toEqual([{ waiting: 1 }]);
    await writing.query('COMMIT');
    await claimed;
    await expect(store.store(old, batch(2))).rejects.toMatchObject({ code: 'fenced' });
    await store.claim(old);
    await expect(store.store(old, batch(2))).rejects.toMatchObject({ code: 'fenced' });
    expect(await store.readCursors(['alpha', 'beta'])).toEqual([{ room: 'alpha', epoch: 'e', seq: 1 }]);
    expect((await store.store(next, batch(2))).messages).toBe(1);
    await store.close();
  });

  it('notes what was gone before it was read, and where a numbering ended', async () => {
    await using stage = await setStage();
    const { database, speaker } = stage;
    const retention = { ...ARCHIVED, count: 5 };
    for (let n = 1; n <= 400; n++) await speaker.say('alpha', n, retention);
    const service = await stage.start();
    const client = await database.connect();
    await expect.poll(async () => (await readMessages(client, 'alpha')).at(-1)?.seq).toBe(400);
    const [first] = await readMessages(client, 'alpha');
    const trimmed = { room: 'alpha', epoch: first?.epoch, first: 1, last: (first?.seq ?? 0) - 1, reason: 'trimmed' };
    expect(await readGaps(client)).toEqual([trimmed]);
    expect(trimmed.last).toBeGreaterThan(100);
    const admin = new Redis(redis.url);
    await admin.del((await admin.keys(`${stage.prefix}:*:meta/alpha`))[0] ?? '');
    admin.disconnect();
    const ended = { room: 'alpha', epoch: first?.epoch, first: 401, last: null, reason: 'epoch' };
    // Of the same partition: what is archived of it was read in a round behind the last.
    const beside = range(1, 1000).find((n) => partOf(`beside-${String(n)}`) === partOf('alpha'));
    for (let n = 1; n <= 4; n += 1) {
      await speaker.say(`beside-${String(beside)}`, n, retention);
      await expect.poll(async () => (await readMessages(client, `beside-${String(beside)}`)).length).toBe(n);
    }
    await expect.poll(() => readGaps(client)).toEqual([trimmed, ended]);
    await speaker.say('alpha', 'anew', retention);
    await expect.poll(async () => (await readMessages(client, 'alpha')).at(-1)?.payload).toBe('anew');
    expect(await readGaps(client)).toEqual([trimmed, ended]);
    const metrics = await (await fetch(`${service.internalUrl}/metrics`)).text();
    for (const reason of ['trimmed', 'epoch']) expect(metrics).toContain(`gaps_total{reason="${reason}"} 1\n`);
  });

  it('finds what was said while it was away, past what rooms keep, and tells what was more than is held for it', async () => {
    await using stage = await setStage();
    const { database, speaker } = stage;
    const kept = { ...ARCHIVED, count: 5, unarchivedBytes: 1024 * 1024 };
    for (let n = 1; n <= 400; n++) {
      await speaker.say('alpha', n, kept);
      await speaker.say('beta', n, { ...kept, unarchivedBytes: 8000 });
    }
    await stage.start();
    const client = await database.connect();
    for (const room of ['alpha', 'beta']) {
      await expect.poll(async () => (await readMessages(client, room)).at(-1)?.seq).toBe(400);
    }
    const [alpha, beta] = [await readMessages(client, 'alpha'), await readMessages(client, 'beta')];
    expect(alpha.map(({ payload }) => payload)).toEqual(Array.from({ length: 400 }, (_, i) => i + 1));
    const [first] = beta;
    expect(await readGaps(client)).toEqual([
      { room: 'beta', epoch: first?.epoch, first: 1, last: (first?.seq ?? 0) - 1, reason: 'trimmed' },
    ]);
    expect(speaker.backplane.unarchivedCount).toBeGreaterThanOrEqual((first?.seq ?? 0) - 1);
    // Whoever reads has what the room keeps, and what is archived is held no longer.
    const { messages } = await speaker.backplane.broker.readHistory('alpha', { last: 1000 }, kept);
    expect(messages).toHaveLength(5);
    const admin = new Redis(redis.url);
    const [stream = ''] = await admin.keys(`${stage.prefix}:*:stream/alpha`);
    await vi.waitFor(
      async () => {
        await speaker.say('alpha', 'on', kept);
        expect(await admin.xlen(stream)).toBeLessThan(200);
      },
      { timeout: 20_000, interval: 50 },
    );
    admin.disconnect();
  });

  it('reads pages of one order of numbers, through the epochs that went on from one another, up to a bound in bytes', async () => {
    await using stage = await setStage();
    const store = new PostgresArchive({ url: stage.database.urlOf(), maxConnections: 1, mustMigrate: true, onFault });
    await store.open();
    const term = { partition: '3', fence: 1 };
    const write = (epoch: string, seqs: readonly number[], past: Record<string, number> = {}): Promise<unknown> =>
      store.store(term, {
        messages: seqs.map((seq) => ({
          ...{ room: 'alpha', epoch, seq, sentAt: Date.UTC(2026, seq % 3, 1, 0, 0, seq), sender: 'ann', payload: null },
          ...{ frame: Buffer.alloc(100, epoch), ...NO_INFO },
        })),
        gaps: [],
        cursors: [{ room: 'alpha', epoch, seq: seqs.at(-1) ?? 0, past }],
      });
    await write('z', range(1, 50));
    // Three that went on from one another: of the first more was archived than the second went on from.
    await write('a', range(1, 12));
    await write('b', range(11, 20), { a: 10 });
    await write('c', range(21, 30), { b: 20, a: 10 });
    await store.close();
    const client = await stage.database.connect();
    const page = async (after: number | null, before: number | null, [limit, bytes] = [100, 1e6]): Promise<string> => {
      const { rows } = await client.query<{ number: string; frame: Buffer | null }>(
        `SELECT number, frame FROM outcry.archive_page('alpha', 'c', $1, $2, $3, $4)`,
        [after, before, limit, bytes],
      );
      return rows.map(({ number, frame }) => `${frame?.toString()[0] ?? '+'}${number}`).join(' ');
    };
    const named = (epoch: string, seqs: readonly number[]): string[] => seqs.map((seq) => `${epoch}${String(seq)}`);
    const all = [...named('a', range(1, 10)), ...named('b', range(11, 20)), ...named('c', range(21, 30))];
    const expectPages = async (): Promise<void> => {
      expect(await page(0, null)).toBe(all.join(' '));
      expect(await page(null, 31)).toBe(all.toReversed().join(' '));
      expect(await page(8, null, [5, 1e6])).toBe('a9 a10 b11 b12 b13 +14');
      expect(await page(null, 13, [4, 1e6])).toBe('b12 b11 a10 a9 +8');
      expect(await page(18, null, [100, 300])).toBe('b19 b20 c21 +22');
      expect(await page(18, null, [100, 1])).toBe('b19 +20');
      expect(await page(30, null)).toBe('');
      expect(await page(null, 1)).toBe('');
    };
    // Each is of another month than the one before it, and each third one of an earlier month.
    await expectPages();
    const spans = 'DELETE FROM outcry.archive_spans WHERE first_seq';
    for (const from of [25, 17, 0]) {
      await client.query(`${spans} ${from === 0 ? '>=' : '<'} $1`, [from]);
      await expectPages();
    }
  });

  it('reads a page of the months alone in which its numbers are, by the order of an index', async () => {
    await using stage = await setStage();
    const store = new PostgresArchive({ url: stage.database.urlOf(), maxConnections: 1, mustMigrate: true, onFault });
    await store.open();
    const frame = Buffer.alloc(100);
    for (const month of range(0, 11)) {
      const messages = range(1, 50).map((n) => ({
        ...{ room: 'alpha', epoch: 'e', seq: month * 50 + n, sentAt: Date.UTC(2025, month, 2, 0, 0, n) },
        ...{ sender: 'ann', payload: null, frame, ...NO_INFO },
      }));
      await store.store({ partition: '3', fence: 1 }, { messages, gaps: [], cursors: [] });
    }
    await store.close();
    const { rows, scans } = await explainPage(await stage.database.connect(), ['alpha', 'e', null, 221, 20, 1e6]);
    expect(rows.map(({ number }) => Number(number))).toEqual(range(200, 220).toReversed());
    // Of twelve.
    expect(scans).toEqual(['messages_2025_05_pkey', 'messages_2025_04_pkey']);
  });

  it('comes to a newer version with the rights that were granted, under services that know the older one', async () => {
    await using stage = await setStage();
    const owner = await stage.database.connect();
    await migrate(owner, { ...MIGRATIONS, steps: MIGRATIONS.steps.slice(0, 3) });
    await stage.database.grantRoles('outcry.archive_search', 'outcry.archive_new_gaps', 'outcry.archive_join');
    await owner.query('GRANT EXECUTE ON FUNCTION outcry.archive_attend TO outcry_archive');
    const service = await stage.database.connect('outcry_archive');
    const reader = await stage.database.connect('outcry_reader');
    const store = (seq: number): Promise<unknown> =>
      service.query({
        name: 'store',
        text: `SELECT outcry.archive_store(3::smallint, 1, ARRAY['alpha'], ARRAY['e'], ARRAY[$1::bigint], ARRAY[0::bigint], ARRAY['ann'],
          ARRAY['1'], ARRAY['x'::bytea], '[]', '[]')`,
        values: [seq],
      });
    const read = async (): Promise<unknown> => {
      const text = `SELECT number::int FROM outcry.archive_page('alpha', 'e', 0, NULL, 10, 1000)`;
      return (await reader.query({ name: 'page', text })).rows;
    };
    await store(1);
    expect(await read()).toEqual([{ number: 1 }]);
    await migrate(owner, MIGRATIONS);
    await store(2);
    expect(await read()).toEqual([{ number: 1 }, { number: 2 }]);
    // Whoever might attend may join.
    const joined = await service.query(`SELECT services FROM outcry.archive_join('one', 60000, NULL, NULL)`);
    expect(joined.rows).toEqual([{ services: ['one'] }]);
    await expect(reader.query(`SELECT outcry.archive_claim(0::smallint, 1)`)).rejects.toThrow(/permission denied/);
  });

  it('deletes what rooms do not keep, and what is asked for, of which it keeps the trace alone', async () => {
    await using stage = await setStage();
    const store = new PostgresArchive({ url: stage.database.urlOf(), maxConnections: 1, mustMigrate: true, onFault });
    await store.open();
    const DAY = 86_400_000;
    const now = Date.now();
    const rooms = ['chat.a', 'chat.legal', 'chat_b', `it's 100%`];
    const batch = (epoch: string): Parameters<typeof store.store>[1] => ({
      messages: rooms.flatMap((room) =>
        [1, 2, 3, 4].map((seq) => ({
          ...{ room, epoch, seq, sentAt: now - (5 - seq) * 10 * DAY, sender: seq % 2 === 0 ? 'ann' : 'bob' },
          ...{ payload: null, frame: Buffer.from([seq]), ...NO_INFO },
        })),
      ),
      gaps: [],
      cursors: rooms.map((room) => ({ room, epoch, seq: 4 })),
    });
    await store.store({ partition: '3', fence: 1 }, batch('e'));
    const owner = await stage.database.connect();
    const left = async (): Promise<Record<string, string>> => {
      const { rows } = await owner.query<{ room: string; seqs: string }>(
        `SELECT room, string_agg(seq::text, '' ORDER BY seq) AS seqs FROM outcry.messages GROUP BY room`,
      );
      return Object.fromEntries(rows.map(({ room, seqs }) => [room, seqs]));
    };
    expect(await store.expire()).toBe(0);
    await owner.query(
      `INSERT INTO outcry.retention VALUES ('chat*', '25 days'), ('chat.legal', NULL), ('*0%', '15 days')`,
    );
    expect(await store.expire()).toBe(2 + 2 + 3);
    expect(await left()).toEqual({ 'chat.a': '34', 'chat.legal': '1234', chat_b: '34', [`it's 100%`]: '4' });
    const erase = async (...values: readonly (string | null)[]): Promise<number> => {
      const { rows } = await owner.query<{ erased: string }>('SELECT outcry.archive_erase($1, $2, $3, $4) AS erased', [
        ...values,
      ]);
      return Number(rows[0]?.erased);
    };
    await expect(erase(null, null, null, 'me')).rejects.toThrow('expected a pattern of rooms, or a sender, or both');
    expect(await erase('chat.*', 'ann', new Date(now - 15 * DAY).toISOString(), 'one')).toBe(1);
    expect(await erase('chat_b', null, null, 'two')).toBe(2);
    expect(await left()).toEqual({ 'chat.a': '34', 'chat.legal': '134', [`it's 100%`]: '4' });
    const { rows } = await owner.query(
      'SELECT by_whom, pattern, sender, messages::int FROM outcry.erasures ORDER BY id',
    );
    expect(rows).toEqual([
      { by_whom: 'one', pattern: 'chat.*', sender: 'ann', messages: 1 },
      { by_whom: 'two', pattern: 'chat_b', sender: null, messages: 2 },
    ]);
    // As behind a failover, when streams are read again.
    await store.store({ partition: '3', fence: 1 }, batch('f'));
    expect(await left()).toMatchObject({ 'chat.a': '1334' + '4', 'chat.legal': '1133' + '44' });
    expect(await left()).not.toHaveProperty('chat_b');
    await store.close();
  });
});
