import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  type ArchiveProcess,
  type GatewayProcess,
  PostgresProcess,
  RawClient,
  type ServerFrameOf,
  startArchive,
  startGateway,
  startRedis,
  type TestRedis,
  UNLIMITED,
  uniquePrefix,
} from '@outcry/testkit';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { countMessages, Database } from '../support/database.ts';
import { ARCHIVED, Speaker } from '../support/speaker.ts';

const DOCUMENT = new URL('../../../../docs/ARCHIVE.md', import.meta.url);
/** More than any client is sent at once, and than the stream keeps. */
const COUNT = 2000;
const KEPT = 10;
const TEXT = 'x'.repeat(200);
const ROOM = 'alpha';
const CLIENTS = 8;
const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);

type Ack = ServerFrameOf<'ack'>;

let redis: TestRedis;
let postgres: PostgresProcess;
let database: Database;
let archive: ArchiveProcess;
let gateway: GatewayProcess;
let speaker: Speaker;
let epoch: string;
const prefix = uniquePrefix();
const folder = mkdtempSync(join(tmpdir(), 'outcry-rules-'));

beforeAll(async () => {
  [redis, postgres] = await Promise.all([startRedis(), PostgresProcess.start()]);
  database = await Database.create(postgres);
  archive = await startArchive({ redisUrl: redis.url, redisPrefix: prefix, archiveUrl: database.urlOf() });
  const owner = await database.connect();
  await owner.query(/```sql roles\n(.*?)```/s.exec(readFileSync(DOCUMENT, 'utf8'))?.[1] ?? '');
  const roomRulesFile = join(folder, 'rules.json');
  const history = { count: KEPT };
  writeFileSync(roomRulesFile, JSON.stringify({ rules: [{ pattern: ROOM, archive: true, history }] }));
  const settings = { redisUrl: redis.url, redisPrefix: prefix, roomRulesFile, ...UNLIMITED };
  gateway = await startGateway({ ...settings, archiveUrl: database.urlOf('outcry_reader') });
  speaker = await Speaker.start(redis.url, prefix);
  const said = await Promise.all(range(1, COUNT).map((n) => say(n)));
  epoch = said[0]?.position.epoch ?? '';
  await vi.waitFor(
    async () => {
      expect(await countMessages(owner)).toBe(COUNT);
    },
    { timeout: 20_000 },
  );
  const admin = new Redis(redis.url);
  const [stream = ''] = await admin.keys(`${prefix}:*:stream/${ROOM}`);
  await admin.xtrim(stream, 'MAXLEN', KEPT);
  admin.disconnect();
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  for (const part of [gateway, archive, speaker, database]) await part[Symbol.asyncDispose]();
  await redis.stop();
  await postgres[Symbol.asyncDispose]();
});

const say = (n: number): ReturnType<Speaker['say']> =>
  speaker.say(ROOM, { n, TEXT }, { ...ARCHIVED, unarchivedBytes: 2 ** 24 });

async function open(): Promise<RawClient> {
  const client = await RawClient.connect({ url: gateway.url, encoding: 'msgpack' });
  await client.next('welcome');
  return client;
}

const seqsIn = ({ messages = [] }: Ack): number[] => messages.map((message) => (message as { seq: number }).seq);

async function metricOf(name: string): Promise<number> {
  const text = await (await fetch(`${gateway.internalUrl}/metrics`)).text();
  return Number(new RegExp(`^outcry_gateway_${name} (.*)$`, 'm').exec(text)?.[1]);
}

describe('a room whose stream was trimmed', () => {
  it('is resumed to the beginning, each message once and in order, and goes on live without a hole', async () => {
    const clients = await Promise.all(range(1, CLIENTS).map(() => open()));
    const since = clients.map((_, i) => i * 200);
    await Promise.all(
      clients.map(async (client, i) => {
        const request = { type: 'join', room: ROOM, since: { epoch, seq: since[i] }, history: 0 };
        expect(await client.expectAnswer('joined', request)).toMatchObject({ recovered: true, seq: since[i] });
      }),
    );
    const last = COUNT + 20;
    for (let n = COUNT + 1; n <= last; n++) await say(n);
    await Promise.all(clients.map((client) => client.next({ type: 'message', room: ROOM, seq: last }, 20_000)));
    for (const [i, client] of clients.entries()) {
      const messages = client.received.filter((frame) => frame.type === 'message' && frame.room === ROOM);
      expect(messages.map((frame) => (frame as { seq: number }).seq)).toEqual(range((since[i] ?? 0) + 1, last));
      expect(messages.at(0)).toMatchObject({ from: 'ann', data: { n: (since[i] ?? 0) + 1, TEXT } });
      client.socket.destroy();
    }
    expect(await metricOf('archive_reads_total')).toBeGreaterThan(5);
    expect(await metricOf('archive_faults_total')).toBe(0);
  });

  it('is read page by page to its first message, over the wire and by the server API', async () => {
    await using client = await openIn();
    const seen: number[] = [];
    let page: Ack;
    do {
      const request = {
        type: 'history',
        room: ROOM,
        limit: 300,
        ...(seen[0] === undefined ? {} : { before: seen[0] }),
      };
      page = await client.expectAnswer('ack', request);
      expect([page.epoch, page.away]).toEqual([epoch, undefined]);
      seen.unshift(...seqsIn(page));
    } while (page.more === true);
    expect(seen).toEqual(range(1, page.seq ?? 0));
  });

  it('is joined with as many of its newest messages as are asked for', async () => {
    await using client = await openIn({ history: 100 });
    const { seq = 0 } = await client.expectAnswer('ack', { type: 'history', room: ROOM, limit: 1 });
    await client.next({ type: 'message', room: ROOM, seq });
    const messages = client.received.filter((frame) => frame.type === 'message' && frame.room === ROOM);
    expect(messages.map((frame) => (frame as { seq: number }).seq)).toEqual(range(seq - 99, seq));
  });

  it('says what is missing in the archive by the numbers, and is not resumed across that', async () => {
    const owner = await database.connect();
    await owner.query('DELETE FROM outcry.messages WHERE room = $1 AND seq BETWEEN 101 AND 150', [ROOM]);
    await using client = await openIn();
    const page = await client.expectAnswer('ack', { type: 'history', room: ROOM, limit: 20, before: 161 });
    expect(seqsIn(page)).toEqual([...range(91, 100), ...range(151, 160)]);
    const lost = await client.expectAnswer('joined', { type: 'join', room: ROOM, since: { epoch, seq: 100 } });
    expect([lost.recovered, lost.away]).toEqual([false, undefined]);
    const whole = await client.expectAnswer('joined', { type: 'join', room: ROOM, since: { epoch, seq: 150 } });
    expect(whole.recovered).toBe(true);
  });

  it('says that there is more while the archive is away, goes on live, and has it again behind that', async () => {
    await using client = await openIn();
    await postgres.kill();
    const ask = (): Promise<Ack> =>
      client.expectAnswer('ack', { type: 'history', room: ROOM, limit: 10, before: 500 }, 10_000);
    for (let i = 0; i < 4; i++) expect(await ask()).toMatchObject({ messages: [], away: true });
    expect(await metricOf('archive_faults_total')).toBeGreaterThan(3);
    const ready = await fetch(`${gateway.internalUrl}/readyz`);
    expect([ready.status, await ready.text()]).toEqual([
      200,
      expect.stringContaining('the archive cannot be read') as string,
    ]);
    const { position } = await say(0);
    await client.next({ type: 'message', room: ROOM, seq: position.seq });
    await postgres.restart();
    await expect.poll(async () => seqsIn(await ask()), { timeout: 20_000 }).toEqual(range(490, 499));
  });
});

async function openIn({ history = 0 } = {}): Promise<RawClient & AsyncDisposable> {
  const client = await open();
  await client.expectAnswer('joined', { type: 'join', room: ROOM, history });
  return Object.assign(client, {
    [Symbol.asyncDispose]: () => {
      client.socket.destroy();
      return Promise.resolve();
    },
  });
}
