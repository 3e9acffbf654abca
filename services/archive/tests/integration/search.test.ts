import { readFileSync } from 'node:fs';

import { appendSeq, encodeMessageHead, encodePayload } from '@outcry/protocol';
import { type GatewayProcess, PostgresProcess, startGateway, startRedis, type TestRedis } from '@outcry/testkit';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { toArchived } from '../../src/archiving/to-archived.ts';
import type { ArchivedMessage } from '../../src/store/archive-store.ts';
import { PostgresArchive } from '../../src/store/postgres/postgres-archive.ts';
import type { SearchIndex } from '../../src/store/postgres/search-indexes.ts';
import { Database } from '../support/database.ts';

const DOCUMENT = new URL('../../../../docs/ARCHIVE.md', import.meta.url);
const KEY = 'key-of-the-server';
const DAY = 86_400_000;
/** Three months, and each message a minute behind the one before it. */
const START = Date.UTC(2026, 7, 30, 12);
const TERM = { partition: '3', fence: 1 };
const INDEXES = ['time', 'sender', 'text:english', 'text:german'] as const;
const SEARCHES = 2;
const SEARCH_MS = 1000;

interface Found {
  readonly room: string;
  readonly epoch: string;
  readonly seq: number;
  readonly sentAt: number;
  readonly from: string;
  readonly at: number;
  readonly data: unknown;
}

interface Answer {
  readonly messages: readonly Found[];
  readonly cursor?: string;
}

let redis: TestRedis;
let postgres: PostgresProcess;
let database: Database;
let store: PostgresArchive;
let gateway: GatewayProcess;
let owner: pg.Client;

beforeAll(async () => {
  [redis, postgres] = await Promise.all([startRedis(), PostgresProcess.start()]);
  database = await Database.create(postgres);
  owner = await database.connect();
  // Rows first, so that indexes are made of a table that has some.
  const first = new PostgresArchive({ url: database.urlOf(), maxConnections: 1, mustMigrate: true, onFault });
  await first.open();
  await first.store(TERM, batchOf(MESSAGES));
  await first.close();
  store = await openIndexed(database.urlOf(), INDEXES);
  await owner.query(/```sql roles\n(.*?)```/s.exec(readFileSync(DOCUMENT, 'utf8'))?.[1] ?? '');
  const settings = { redisUrl: redis.url, apiKeys: KEY, archiveUrl: database.urlOf('outcry_reader') };
  const limits = { archiveSearches: SEARCHES, archiveSearchMs: SEARCH_MS };
  gateway = await startGateway({ ...settings, ...limits });
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await store.close();
  await database[Symbol.asyncDispose]();
  await redis.stop();
  await postgres[Symbol.asyncDispose]();
});

function onFault(): void {
  // What a test ends is missed.
}

/** Resolves when its indexes are whole. */
function openIndexed(url: string, searchIndexes: readonly SearchIndex[]): Promise<PostgresArchive> {
  let left = searchIndexes.length;
  return new Promise((resolve, reject) => {
    const opened: PostgresArchive = new PostgresArchive({
      ...{ url, maxConnections: 1, mustMigrate: true, onFault, searchIndexes },
      onIndexed: () => {
        left -= 1;
        if (left === 0) resolve(opened);
      },
      onIndexFault: reject,
    });
    opened.open().catch(reject);
  });
}

function message(said: { room?: string; from?: string; data: unknown; sentAt: number; seq: number }): ArchivedMessage {
  const { room = 'chat.lobby', from = 'ann', data, sentAt, seq } = said;
  const head = encodeMessageHead({ room, from, at: sentAt - 1, data: encodePayload(data) });
  return toArchived({ room, position: { epoch: 'e', seq }, frame: appendSeq(head, seq), origin: '', at: sentAt });
}

function batchOf(messages: readonly ArchivedMessage[]): Parameters<PostgresArchive['store']>[1] {
  return { messages, gaps: [], cursors: [] };
}

const MINUTE = 60_000;
const at = (days: number, minutes = 0): number => START + days * DAY + minutes * MINUTE;
const MESSAGES = [
  message({ seq: 1, sentAt: at(0), data: { text: 'Two bidders were bidding for tulips' } }),
  message({ seq: 2, sentAt: at(0, 1), data: ['a', { deep: [{ deeper: 'Tulips were sold' }] }], from: 'bob' }),
  message({ seq: 3, sentAt: at(2), data: 'sold for 100' }),
  message({ seq: 4, sentAt: at(2, 1), data: { tulips: 100, is: true, n: null } }),
  message({ seq: 5, sentAt: at(2, 2), data: Buffer.from('tulips') }),
  message({ seq: 6, sentAt: at(40), data: '\0 hyacinths behind what jsonb cannot hold' }),
  message({ seq: 1, sentAt: at(2, 3), data: 'Häuser und Tulpen', room: 'chat.haus', from: 'server' }),
  message({ seq: 1, sentAt: at(2, 4), data: 'tulips in an inbox', room: '@ann', from: 'bob' }),
  message({ seq: 1, sentAt: at(2, 5), data: 'x', room: `it's 100%_`, from: `o'brien` }),
  // Longer than is indexed.
  message({ seq: 1, sentAt: at(3), data: `tulips ${'x '.repeat(150_000)}`, room: 'long' }),
];

async function call(params: unknown): Promise<{ status: number; body: unknown }> {
  const headers = { authorization: `Bearer ${KEY}` };
  const response = await fetch(`${gateway.internalUrl}/api/search`, {
    method: 'POST',
    headers,
    body: JSON.stringify(params),
  });
  return { status: response.status, body: await response.json() };
}

async function search(params: object): Promise<Answer> {
  const { status, body } = await call(params);
  expect(status, JSON.stringify(body)).toBe(200);
  return body as Answer;
}

async function find(params: object): Promise<readonly string[]> {
  const { messages, cursor } = await search(params);
  expect(cursor).toBeUndefined();
  return messages.map(({ room, seq }) => `${room} ${String(seq)}`);
}

async function metricOf(name: string): Promise<number> {
  const text = await (await fetch(`${gateway.internalUrl}/metrics`)).text();
  const line = text.split('\n').find((other) => other.startsWith(`outcry_gateway_${name} `)) ?? '';
  return Number(line.slice(line.lastIndexOf(' ')));
}

describe('a search', () => {
  it('finds messages as they were sent, the newest first', async () => {
    const { messages } = await search({ from: 'bob' });
    expect(messages).toEqual([
      { room: '@ann', epoch: 'e', seq: 1, sentAt: at(2, 4), from: 'bob', at: at(2, 4) - 1, data: 'tulips in an inbox' },
      expect.objectContaining({ seq: 2, data: ['a', { deep: [{ deeper: 'Tulips were sold' }] }] }),
    ]);
  });

  it.each([
    [
      { room: 'chat.lobby', limit: 100 },
      ['chat.lobby 6', 'chat.lobby 5', 'chat.lobby 4', 'chat.lobby 3', 'chat.lobby 2', 'chat.lobby 1'],
    ],
    [{ room: 'chat.*', from: 'server' }, ['chat.haus 1']],
    [{ room: '@*' }, ['@ann 1']],
    [{ room: 'nobody.was.here' }, []],
    [{ room: `it's 100%_`, from: `o'brien` }, [`it's 100%_ 1`]],
    [{ room: '*%*' }, [`it's 100%_ 1`]],
    [{ room: 'chat_*' }, []],
    [{ sentFrom: at(0, 1), sentBefore: at(2) }, ['chat.lobby 2']],
    [{ room: 'chat.lobby', sentFrom: at(2, 2) }, ['chat.lobby 6', 'chat.lobby 5']],
    [{ sentFrom: at(2), sentBefore: at(2) }, []],
    // In any of its forms, however deep, and no key, number or bytes.
    [{ text: 'tulip', language: 'english', room: 'chat.*' }, ['chat.lobby 2', 'chat.lobby 1']],
    [{ text: 'bids', language: 'english' }, ['chat.lobby 1']],
    [{ text: 'hyacinth', language: 'english' }, ['chat.lobby 6']],
    [{ text: '"tulips were sold"', language: 'english' }, ['chat.lobby 2']],
    [{ text: 'tulips -sold', language: 'english', room: 'chat.*' }, ['chat.lobby 1']],
    [{ text: '100 or inbox', language: 'english' }, ['@ann 1', 'chat.lobby 3']],
    [{ text: 'the', language: 'english' }, []],
    [{ text: 'Haus tulpe', language: 'german' }, ['chat.haus 1']],
    [{ text: 'tulips', language: 'english', from: 'bob', sentFrom: at(1) }, ['@ann 1']],
  ])('by %j finds %j', async (...[params, found]) => {
    expect(await find(params)).toEqual(found);
  });

  it.each([
    [{ text: 'x', language: 'klingon' }, 'noLanguage', 'words in klingon are not indexed: there are english, german'],
    [{ text: 'x', language: 'simple' }, 'noLanguage', 'words in simple are not indexed: there are english, german'],
    [{ text: 'x' }, 'noLanguage', 'which language is not said: there are english, german'],
    [{ cursor: 'none' }, 'malformed', 'expected the cursor of a page of this very search'],
  ])('by %j is refused as %s', async (...[params, code, words]) => {
    const { status, body } = await call(params);
    expect(body).toMatchObject({ error: { code, message: words, retryable: false } });
    expect(status).toBe(code === 'malformed' ? 400 : 404);
  });

  const INJECTIONS = [
    `'); DROP TABLE outcry.messages; --`,
    `' OR 1=1 --`,
    `$$; DELETE FROM outcry.messages; $$`,
    `\\'; SELECT pg_sleep(10); --`,
    `english'::regconfig, payload) --`,
    `%' OR room LIKE '%`,
    `:* & !( | <-> '`,
  ];
  it.each(INJECTIONS)('has %j as what it is, a text', async (text) => {
    for (const params of [
      { room: text },
      { room: `${text.slice(0, 100)}*` },
      { from: text },
      { text, language: 'english' },
    ]) {
      const { status, body } = await call(params);
      if (status === 200) expect((body as Answer).messages).toEqual([]);
      else expect({ status, body }).toMatchObject({ status: 400, body: { error: { code: 'malformed' } } });
    }
    expect((await call({ text: 'x', language: text })).status).toBe(400);
    const { rows } = await owner.query<{ count: number }>('SELECT count(*)::int AS count FROM outcry.messages');
    expect(rows[0]?.count).toBeGreaterThanOrEqual(MESSAGES.length);
  });

  it('is read page by page to its end, each once and none left out, while more is said', async () => {
    const said = Array.from({ length: 60 }, (_, i) =>
      // Three at a time: what is of one time has an order, too.
      message({ room: `page.${String(i % 3)}`, seq: 1 + i, sentAt: at(5, Math.floor(i / 3)), data: { n: i } }),
    );
    await store.store(TERM, batchOf(said));
    const seen: number[] = [];
    let cursor: string | undefined;
    let later = 1000;
    do {
      const page: Answer = await search({ room: 'page.*', limit: 7, ...(cursor === undefined ? {} : { cursor }) });
      seen.push(...page.messages.map(({ seq }) => seq));
      ({ cursor } = page);
      await store.store(
        TERM,
        batchOf([message({ room: 'page.0', seq: ++later, sentAt: at(6, later), data: 'later' })]),
      );
    } while (cursor !== undefined);
    expect(seen).toHaveLength(60);
    expect(new Set(seen)).toEqual(new Set(said.map(({ seq }) => seq)));
    const times = seen.map((seq) => Math.floor((seq - 1) / 3));
    expect(times).toEqual(times.toSorted((a, b) => b - a));
    const other = await search({ room: 'page.*', limit: 1 });
    expect(await call({ room: 'page.1', cursor: other.cursor })).toMatchObject({ status: 400 });
    expect((await search({ room: 'page.*', limit: 2, cursor: other.cursor })).messages).toHaveLength(2);
  });

  it('ends a page before the bytes that a page of the past may have', async () => {
    const said = [1, 2, 3].map((seq) => message({ room: 'big', seq, sentAt: at(7, seq), data: 'x'.repeat(150_000) }));
    await store.store(TERM, batchOf(said));
    const first = await search({ room: 'big' });
    expect(first.messages.map(({ seq }) => seq)).toEqual([3]);
    expect((await search({ room: 'big', cursor: first.cursor })).messages.map(({ seq }) => seq)).toEqual([2]);
  });

  it('never finds what was deleted, of a room or of a user', async () => {
    await store.store(
      TERM,
      batchOf([1, 2].map((seq) => message({ room: 'gone', seq, sentAt: at(8, seq), data: 'secret' }))),
    );
    await store.store(TERM, batchOf([message({ room: 'kept', seq: 1, sentAt: at(8), data: 'secret', from: 'eve' })]));
    const secret = { text: 'secret', language: 'english' };
    expect(await find(secret)).toEqual(['gone 2', 'gone 1', 'kept 1']);
    await owner.query(
      `SELECT outcry.archive_erase('gone', NULL, NULL, 'test'), outcry.archive_erase(NULL, 'eve', NULL, 'test')`,
    );
    for (const params of [secret, { room: 'gone' }, { from: 'eve' }]) expect(await find(params)).toEqual([]);
  });
});

describe('the plan of a search', () => {
  async function planOf(setting: string, restrictions: string): Promise<string> {
    const client = await database.connect();
    const notices: string[] = [];
    client.on('notice', ({ message: text = '' }) => notices.push(text));
    await client.query(`LOAD 'auto_explain'; SET auto_explain.log_min_duration = 0; SET auto_explain.log_nested_statements = on;
      SET auto_explain.log_level = notice; ${setting}`);
    await client.query(`SELECT * FROM outcry.archive_search(${restrictions}, NULL, NULL, NULL, NULL, 50, 65536)`);
    return notices.find((text) => text.includes('FROM outcry.messages')) ?? expect.fail('the query has a plan');
  }

  it('looks at the months of its time alone', async () => {
    const plan = await planOf('', `NULL, 'bob', ${String(at(0))}, ${String(at(1))}, NULL, NULL`);
    expect(new Set(plan.match(/messages_\d{4}_\d\d\b/g))).toEqual(new Set(['messages_2026_08']));
    const all = await planOf('', `NULL, 'bob', NULL, NULL, NULL, NULL`);
    expect(new Set(all.match(/messages_\d{4}_\d\d\b/g)).size).toBe(3);
  });

  it('looks words and senders up in their indexes', async () => {
    const crowd = Array.from({ length: 3000 }, (_, i) =>
      message({ room: 'crowd', from: 'crowd', seq: 1 + i, sentAt: START - 1000 * i, data: `number ${String(i)}` }),
    );
    await store.store(TERM, batchOf(crowd));
    await owner.query('ANALYZE outcry.messages');
    const words = await planOf('', `NULL, NULL, NULL, ${String(at(1))}, 'tulips', 'english'`);
    expect(words).toContain('Bitmap Index Scan on messages_2026_08_text_english');
    const sender = await planOf('', `NULL, 'bob', NULL, ${String(at(1))}, NULL, NULL`);
    expect(sender).toContain('messages_2026_08_sender');
    const newest = await planOf('', `NULL, NULL, NULL, ${String(at(1))}, NULL, NULL`);
    expect(newest).toContain('messages_2026_08_time');
  });
});

describe('the limits of a search', () => {
  it('are its time and how many are made at once; pages of the past are read meanwhile', async () => {
    const { rows } = await owner.query<{ text: string }>(
      `SELECT pg_get_functiondef('outcry.archive_search'::regproc) AS text`,
    );
    await owner.query(`CREATE OR REPLACE FUNCTION outcry.archive_search(
        pattern text, sender text, sent_from bigint, sent_before bigint, words text, language text,
        behind_at bigint, behind_room text, behind_epoch text, behind_seq bigint, max_messages integer, max_bytes integer
      ) RETURNS TABLE (room text, epoch text, seq bigint, numbered_at bigint, frame bytea)
      LANGUAGE sql SECURITY DEFINER AS 'SELECT NULL::text, NULL::text, NULL::bigint, NULL::bigint, NULL::bytea FROM pg_sleep(60)'`);
    const slow = Array.from({ length: SEARCHES }, () => call({}));
    const busy = 'SELECT count(*)::int AS count FROM pg_stat_activity WHERE query LIKE $1 AND wait_event = $2';
    await expect
      .poll(async () => (await owner.query<{ count: number }>(busy, ['%archive_search(%', 'PgSleep'])).rows[0]?.count)
      .toBe(SEARCHES);
    expect(await call({})).toMatchObject({
      status: 429,
      body: { error: { code: 'tooManySearches', retryable: true } },
    });
    const reader = await database.connect('outcry_reader');
    const { rowCount } = await reader.query(
      `SELECT * FROM outcry.archive_page('chat.lobby', 'e', 0, NULL, 100, 100000)`,
    );
    expect(rowCount).toBe(6);
    for (const answer of slow) {
      expect(await answer).toMatchObject({
        status: 422,
        body: { error: { code: 'searchTooCostly', message: expect.stringContaining('1000 ms') as string } },
      });
    }
    await owner.query(rows[0]?.text ?? '');
    expect(await find({ from: 'server' })).toEqual(['chat.haus 1']);
    expect(await metricOf('archive_searches_total{outcome="tooMany"}')).toBe(1);
    expect(await metricOf('archive_searches_total{outcome="tooCostly"}')).toBe(SEARCHES);
    expect(await metricOf('archive_searches_total{outcome="answered"}')).toBeGreaterThan(20);
  });

  it('says that the archive is away, and searches it again when it is back', async () => {
    await postgres.kill();
    expect(await call({ from: 'server' })).toMatchObject({
      status: 503,
      body: {
        error: { code: 'unavailable', message: 'the archive cannot be searched now; try again', retryable: true },
      },
    });
    expect(await metricOf('archive_searches_total{outcome="unavailable"}')).toBe(1);
    await postgres.restart();
    expect(await find({ from: 'server' })).toEqual(['chat.haus 1']);
  });
});

describe('the indexes of the search', () => {
  it('are made anew where they were broken off, and belong to months that are made later', async () => {
    const other = await Database.create(postgres);
    const client = await other.connect();
    const plain = new PostgresArchive({ url: other.urlOf(), maxConnections: 1, mustMigrate: true, onFault });
    await plain.open();
    await plain.store(TERM, batchOf(MESSAGES));
    await plain.close();
    // As a build that was broken off leaves it.
    await client.query('CREATE INDEX messages_2026_09_sender ON outcry.messages_2026_09 (sender, sent_at)');
    await client.query(
      `UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'outcry.messages_2026_09_sender'::regclass`,
    );
    const opened = await openIndexed(other.urlOf(), ['sender']);
    await opened.store(TERM, batchOf([message({ seq: 9, sentAt: at(200), data: 1 })]));
    await opened.close();
    const { rows } = await client.query<{ month: string; valid: boolean }>(
      `SELECT c.relname AS month, i.indisvalid AS valid FROM pg_inherits h JOIN pg_index i ON i.indexrelid = h.inhrelid
       JOIN pg_class c ON c.oid = i.indrelid
       WHERE h.inhparent = 'outcry.messages_sender'::regclass ORDER BY month`,
    );
    expect(rows).toEqual(
      ['2026_08', '2026_09', '2026_10', '2027_03'].map((month) => ({ month: `messages_${month}`, valid: true })),
    );
    await other[Symbol.asyncDispose]();
  });

  it('of a language that PostgreSQL does not know are a fault of configuration', async () => {
    const wrong = new PostgresArchive({
      ...{ url: database.urlOf(), maxConnections: 1, mustMigrate: true, onFault, searchIndexes: ['text:klingon'] },
    });
    await expect(wrong.open()).rejects.toMatchObject({
      code: 'badConfig',
      message: expect.stringMatching(
        /^PostgreSQL has no text search configuration klingon: it has .*english/,
      ) as string,
    });
    await wrong.close();
  });
});
