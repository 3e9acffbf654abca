import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  type ArchiveProcess,
  encodeRequest,
  type GatewayProcess,
  makeToken,
  PostgresProcess,
  RawClient,
  type ServerFrameOf,
  startArchive,
  startGateway,
  startRedis,
  type TestRedis,
  UNLIMITED,
  uniquePrefix,
  type WireEncoding,
} from '@outcry/testkit';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { countMessages, Database, readMessages } from '../support/database.ts';
import { ARCHIVED, Speaker } from '../support/speaker.ts';

/** More than any client is sent at once, and than the stream keeps. */
const COUNT = 2000;
const KEPT = 10;
const TEXT = 'x'.repeat(200);
const ROOM = 'alpha';
const SECRET = 'a-secret-of-at-least-thirty-two-characters';
/** Names, texts and keys that would be statements if anybody took them for such. */
const INJECTION = `'); DROP TABLE outcry.messages; --`;
const PAY_ROOM = `pay ${INJECTION}`;
const INFO = { name: `Robert${INJECTION} "\\" 😀` };
/** As JSON text, and as msgpack that another encoder would not have made. */
const JSON_PAYLOADS = [
  ...['null', 'true', '0', '-0', '-1.5', '9007199254740991', '1e308', '5e-324', '1.10', '""', '[[],{},[null,[false]]]'],
  ...[
    '{"b":1,"a":{"":[1]},"b\\u0000":2}',
    '"\\u0000"',
    '"\\\\u0000"',
    '"\\ud83d\\ude00 \\u2028"',
    `{"a'\\"":"{\\"x\\",NULL}"}`,
  ],
  ...[JSON.stringify(INJECTION), JSON.stringify({ [INJECTION]: INJECTION }), JSON.stringify('ж'.repeat(8000))],
];
const MSGPACK_PAYLOADS = [
  'cd0001',
  'd3ffffffffffffffff',
  'ca3fc00000',
  'cb8000000000000000',
  'd90161',
  'c403000aff',
  'dc000101',
  'df00000001d9016101',
];
const REFUSED_JSON = ['"a\\ud83dz"', '{"\\udc00":1}', '9007199254740993', '{"__proto__":1}'];
const REFUSED_MSGPACK = ['a3eda080', 'a1ff', 'cf0020000000000001', 'cb7ff8000000000000', 'd4ff00', '81c20a'];
const CLIENTS = 8;
const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);

type Ack = ServerFrameOf<'ack'>;

interface Opening {
  readonly encoding?: WireEncoding;
  readonly sub?: string;
  readonly info?: object;
}

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
  await database.grantRoles();
  const roomRulesFile = join(folder, 'rules.json');
  const rule = { archive: true, history: { count: KEPT } };
  writeFileSync(roomRulesFile, JSON.stringify({ rules: ['alpha', 'pay*'].map((pattern) => ({ pattern, ...rule })) }));
  const identity = { authSecret: SECRET, authInfoClaims: 'name' };
  const settings = { redisUrl: redis.url, redisPrefix: prefix, roomRulesFile, ...UNLIMITED, ...identity };
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

async function open({ encoding = 'msgpack', sub = 'bob', info = {} }: Opening = {}): Promise<RawClient> {
  const token = makeToken(SECRET, { sub, claims: { rooms: { '*': ['read', 'write'] }, ...info } });
  const client = await RawClient.connect({ url: gateway.url, encoding, token });
  await client.next('welcome');
  return client;
}

const messagesOf = (client: RawClient, room: string): ServerFrameOf<'message'>[] =>
  client.received.filter((frame) => frame.type === 'message').filter((message) => message.room === room);
const seqsIn = ({ messages = [] }: Ack): number[] => messages.map((message) => (message as { seq: number }).seq);

async function metricOf(name: string): Promise<number> {
  const text = await (await fetch(`${gateway.internalUrl}/metrics`)).text();
  const line = text.split('\n').find((each) => each.startsWith(`outcry_gateway_${name} `));
  return Number(line?.split(' ').at(-1));
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

  it('has what clients sent, of every kind, and who they were, byte for byte, in the table and for those who come later', async () => {
    const sub = `ann${INJECTION}`;
    const [json, msgpack] = await Promise.all(
      (['json', 'msgpack'] as const).map((encoding) => open({ encoding, sub, info: INFO })),
    );
    if (json === undefined || msgpack === undefined) throw new Error('expected two clients');
    for (const client of [json, msgpack]) {
      await client.expectAnswer('joined', { type: 'join', room: PAY_ROOM, info: true });
    }
    const head = Buffer.from(encodeRequest({ type: 'publish', id: 'raw', room: PAY_ROOM, data: null }, 'msgpack'));
    const answerTo = async (client: RawClient, data: string): Promise<string> => {
      const text = `{"type":"publish","id":"raw","room":${JSON.stringify(PAY_ROOM)},"data":${data}}`;
      if (client === json) client.socket.sendText(text);
      else client.socket.sendBinary(Buffer.concat([head.subarray(0, -1), Buffer.from(data, 'hex')]));
      const answer = await client.nextWhere((frame) => 'id' in frame && frame.id === 'raw', {
        what: `answer to ${data}`,
      });
      return answer.type === 'error' ? answer.code : answer.type;
    };
    for (const data of JSON_PAYLOADS) expect(await answerTo(json, data), data).toBe('ack');
    for (const data of MSGPACK_PAYLOADS) expect(await answerTo(msgpack, data), data).toBe('ack');
    for (const data of REFUSED_JSON) expect(await answerTo(json, data), data).toBe('badRequest');
    for (const data of REFUSED_MSGPACK) expect(await answerTo(msgpack, data), data).toBe('badRequest');
    const count = JSON_PAYLOADS.length + MSGPACK_PAYLOADS.length;
    await Promise.all([json, msgpack].map((client) => client.next({ type: 'message', room: PAY_ROOM, seq: count })));
    const live = messagesOf(msgpack, PAY_ROOM);
    const owner = await database.connect();
    await expect.poll(async () => (await readMessages(owner, PAY_ROOM)).length).toBe(count);
    const rows = await readMessages(owner, PAY_ROOM);
    // What clients with info were sent is the frame, as an array of one element more, and the info.
    const wholes = rows.map(({ frame, info_bytes: info }) =>
      Buffer.concat([Buffer.of(0x97), frame.subarray(1), info ?? Buffer.of()]),
    );
    expect(wholes).toEqual(live.map((message) => msgpack.bytesOf(message)));
    expect(new Set(rows.map((row) => row.sender))).toEqual(new Set([sub]));
    expect(rows.map(({ info }) => info)).toEqual(rows.map(() => INFO));
    const sent = JSON_PAYLOADS.map((text): unknown => JSON.parse(text));
    // PostgreSQL has no negative zero in jsonb (nor has `JSON.stringify`), no U+0000, and an order of keys of its own.
    const inJsonb = sent.map((data): unknown =>
      data === '\\u0000' ? data : JSON.parse(JSON.stringify(data).replaceAll('\\u0000', '\\ufffd')),
    );
    expect(rows.slice(0, sent.length).map(({ payload }) => payload)).toEqual(inJsonb);
    const admin = new Redis(redis.url);
    for (const stream of await admin.keys(`${prefix}:*:stream/pay*`)) await admin.del(stream);
    admin.disconnect();
    for (const client of [json, msgpack]) {
      const page = await client.expectAnswer('ack', { type: 'history', room: PAY_ROOM, limit: 1000, info: true });
      expect(page.messages).toEqual(messagesOf(client, PAY_ROOM));
    }
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
    const rejoin = (): Promise<ServerFrameOf<'joined'>> =>
      client.expectAnswer('joined', { type: 'join', room: ROOM, since: { epoch, seq: 100 } });
    // What others have just read is had again for a second (decision 114).
    await expect.poll(async () => (await rejoin()).recovered, { timeout: 10_000 }).toBe(false);
    expect((await rejoin()).away).toBeUndefined();
    const whole = await client.expectAnswer('joined', { type: 'join', room: ROOM, since: { epoch, seq: 150 } });
    expect(whole.recovered).toBe(true);
  });

  it('is resumed to its end by who comes as the database ends, or is in the midst of that, once it is there again', async () => {
    await using other = await openIn();
    const [client, late] = [await open(), await open()];
    client.send({ type: 'join', room: ROOM, since: { epoch, seq: 150 } });
    await client.next({ type: 'message', room: ROOM, seq: 151 });
    await postgres.kill();
    late.send({ type: 'join', room: ROOM, since: { epoch, seq: 1200 } });
    const { position } = await say(0);
    await other.next({ type: 'message', room: ROOM, seq: position.seq });
    await expect.poll(() => metricOf('archive_waits_total{outcome="again"}')).toBeGreaterThan(0);
    expect(late.received.filter(({ type }) => type === 'reset' || type === 'error')).toEqual([]);
    await postgres.restart();
    const both = [
      [client, 150],
      [late, 1200],
    ] as const;
    for (const [each, since] of both) {
      await each.next({ type: 'message', room: ROOM, seq: position.seq }, 20_000);
      expect(messagesOf(each, ROOM).map(({ seq }) => seq)).toEqual(range(since + 1, position.seq));
      expect(each.received.filter(({ type }) => type === 'reset')).toEqual([]);
      each.socket.destroy();
    }
    expect(await metricOf('archive_waits_total{outcome="late"}')).toBe(0);
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
