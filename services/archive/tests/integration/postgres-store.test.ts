import { PostgresProcess } from '@outcry/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { describeArchiveSearch, type SearchUnderTest } from '../../src/store/archive-search.contract.ts';
import { describeArchiveStore, type StoreUnderTest } from '../../src/store/archive-store.contract.ts';
import { PostgresArchive } from '../../src/store/postgres/postgres-archive.ts';
import { Database } from '../support/database.ts';

let postgres: PostgresProcess;
beforeAll(async () => {
  postgres = await PostgresProcess.start();
});
afterAll(() => postgres[Symbol.asyncDispose]());

interface Row {
  readonly seq: string;
  readonly sent_at: Date;
  readonly sender: string;
  readonly json: string | null;
  readonly frame: Buffer;
  readonly info: unknown;
  readonly info_bytes: Buffer | null;
}

async function underTest(): Promise<StoreUnderTest> {
  const database = await Database.create(postgres);
  const store = new PostgresArchive({
    ...{ url: database.urlOf(), maxConnections: 1, mustMigrate: true },
    onFault: () => undefined,
  });
  await store.open();
  const client = await database.connect();
  return {
    store,
    async messagesOf(room) {
      const { rows } = await client.query<Row>(
        'SELECT seq, sent_at, sender, payload::text AS json, frame, info, info_bytes FROM outcry.messages WHERE room = $1 ORDER BY sent_at',
        [room],
      );
      return rows.map(({ seq, sent_at: sentAt, sender, json, frame, info, info_bytes: infoBytes }) => ({
        ...{ seq: Number(seq), sentAt: sentAt.getTime(), sender, frame, info: info ?? undefined, infoBytes },
        payload: json === null ? undefined : (JSON.parse(json) as unknown),
      }));
    },
    async gaps() {
      const { rows } = await client.query<{ gap: string }>(
        `SELECT format('%s:%s-%s %s', epoch, first_seq, coalesce(last_seq::text, 'null'), reason) AS gap
         FROM outcry.gaps ORDER BY epoch, first_seq`,
      );
      return rows.map(({ gap }) => gap);
    },
    async page({ epoch, after, before, limit = 100, maxBytes = 1024 * 1024 }) {
      const { rows } = await client.query<{ number: string; frame: Buffer | null }>(
        'SELECT number, frame FROM outcry.archive_page($1, $2, $3, $4, $5, $6)',
        ['комната "a\\b"', epoch, after ?? null, before ?? null, limit, maxBytes],
      );
      return rows.map(({ number, frame }) => (frame === null ? '+' : number)).join(' ');
    },
    async [Symbol.asyncDispose]() {
      await store.close();
      await database[Symbol.asyncDispose]();
    },
  };
}

describeArchiveStore('PostgreSQL', underTest);

interface FoundRow {
  readonly room: string;
  readonly epoch: string;
  readonly seq: string;
  readonly numbered_at: string;
  readonly frame: Buffer | null;
}

async function searchUnderTest(): Promise<SearchUnderTest> {
  const database = await Database.create(postgres);
  const store = await new Promise<PostgresArchive>((resolve, reject) => {
    const opened: PostgresArchive = new PostgresArchive({
      ...{ url: database.urlOf(), maxConnections: 1, mustMigrate: true, searchIndexes: ['text:simple'] },
      onFault: () => undefined,
      onIndexed: () => {
        resolve(opened);
      },
      onIndexFault: reject,
    });
    opened.open().catch(reject);
  });
  const client = await database.connect();
  return {
    store,
    async search({ room, sender, sentFrom, sentBefore, words, language, behind, limit, maxBytes }) {
      const restrictions = [room, sender, sentFrom, sentBefore, words, language];
      const place = [behind?.sentAt, behind?.room, behind?.epoch, behind?.seq];
      const { rows } = await client.query<FoundRow>(
        'SELECT room, epoch, seq, numbered_at, frame FROM outcry.archive_search($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)',
        [...restrictions, ...place, limit, maxBytes].map((value) => value ?? null),
      );
      const messages = rows.flatMap((row) =>
        row.frame === null
          ? []
          : [
              {
                ...{ room: row.room, position: { epoch: row.epoch, seq: Number(row.seq) } },
                ...{ sentAt: Number(row.numbered_at), frame: row.frame },
              },
            ],
      );
      return { messages, hasMore: messages.length < rows.length };
    },
    async [Symbol.asyncDispose]() {
      await store.close();
      await database[Symbol.asyncDispose]();
    },
  };
}

describeArchiveSearch('PostgreSQL', searchUnderTest);

const HOUR_MS = 3_600_000;
const SECOND_MS = 1000;
const TERM = { partition: '3', fence: 1 };

interface Stage extends AsyncDisposable {
  readonly store: PostgresArchive;
  /** Of the room `chat.a`, numbered at these times. */
  write(sentAt: Readonly<Record<number, number>>): Promise<void>;
  erase(before: Date | null): Promise<unknown>;
  left(): Promise<readonly number[]>;
  readonly warnings: string[];
}

async function setStage(): Promise<Stage> {
  const database = await Database.create(postgres);
  const onFault = (): void => undefined;
  const store = new PostgresArchive({ url: database.urlOf(), maxConnections: 1, mustMigrate: true, onFault });
  await store.open();
  const owner = await database.connect();
  const warnings: string[] = [];
  owner.on('notice', ({ message = '' }) => warnings.push(message));
  return {
    ...{ store, warnings },
    async write(sentAt) {
      const messages = Object.entries(sentAt).map(([seq, at]) => ({
        ...{ room: 'chat.a', epoch: 'e', seq: Number(seq), sentAt: at, sender: 'ann', payload: null },
        ...{ frame: Buffer.from([1]), info: null, infoBytes: null },
      }));
      await store.store(TERM, { messages, gaps: [], cursors: [] });
    },
    async erase(before) {
      const text = `SELECT outcry.archive_erase('chat.*', NULL, $1, 'me')::int AS erased`;
      return (await owner.query<{ erased: number }>(text, [before])).rows[0]?.erased;
    },
    async left() {
      const { rows } = await owner.query<{ seq: number }>('SELECT seq::int FROM outcry.messages ORDER BY seq');
      return rows.map(({ seq }) => seq);
    },
    async [Symbol.asyncDispose]() {
      await store.close();
      await database[Symbol.asyncDispose]();
    },
  };
}

describe('what is erased', () => {
  it.each([
    ['behind', -HOUR_MS],
    ['ahead of', HOUR_MS],
  ])('is what was said before that, where the clock of Redis is %s that of the database', async (_, aheadMs) => {
    await using stage = await setStage();
    const numberedAt = Date.now() + aheadMs;
    await stage.store.join({ service: 'a', forMs: HOUR_MS, seen: 'one', now: numberedAt });
    const said = { 1: numberedAt - 40 * SECOND_MS, 2: numberedAt - 30 * SECOND_MS };
    await stage.write(said);
    expect(await stage.erase(null)).toBe(2);
    // What was still in a stream, and what is said a minute later.
    await stage.write({ ...said, 3: numberedAt - 20 * SECOND_MS, 4: numberedAt + 60 * SECOND_MS });
    expect(await stage.left()).toEqual([4]);
    expect(stage.warnings).toEqual([]);
  });

  it('is nothing that is said later: a time that has not come is refused', async () => {
    await using stage = await setStage();
    const now = Date.now();
    await stage.write({ 1: now - HOUR_MS });
    const refused = /expected a time that has passed, and before is .*: where messages are numbered it is/;
    await expect(stage.erase(new Date(now + HOUR_MS))).rejects.toThrow(refused);
    await stage.store.join({ service: 'a', forMs: HOUR_MS, seen: 'one', now: now - 2 * HOUR_MS });
    await expect(stage.erase(new Date(now - HOUR_MS))).rejects.toThrow(refused);
    expect(await stage.left()).toEqual([1]);
    await stage.store.join({ service: 'a', forMs: HOUR_MS, seen: 'one', now });
    expect(await stage.erase(new Date(now - HOUR_MS + 1))).toBe(1);
  });

  it('is what is archived where nobody can say what time it is in Redis, and the owner is told so', async () => {
    await using stage = await setStage();
    const now = Date.now();
    await stage.write({ 1: now - 2 * HOUR_MS, 2: now + HOUR_MS });
    await stage.write({ 3: now - HOUR_MS });
    expect(await stage.erase(null)).toBe(3);
    expect(stage.warnings).toEqual([expect.stringContaining('no service is there to say what time it is in Redis')]);
    await stage.write({ 1: now - 2 * HOUR_MS, 4: now + 2 * HOUR_MS });
    expect(await stage.left()).toEqual([4]);
  });
});
