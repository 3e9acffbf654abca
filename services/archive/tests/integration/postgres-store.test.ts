import { PostgresProcess } from '@outcry/testkit';
import { afterAll, beforeAll } from 'vitest';

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
