import { PostgresProcess } from '@outcry/testkit';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { ArchivedMessage, Batch } from '../../src/store/archive-store.ts';
import { PostgresArchive } from '../../src/store/postgres/postgres-archive.ts';
import { countMessages, Database } from '../support/database.ts';

const TERM = { partition: '3', fence: 1 };
const DAY_MS = 86_400_000;
/** More than any test takes. */
const MINUTE_MS = 60_000;
/** More than are looked at in one transaction. */
const ROOMS = 101;

let postgres: PostgresProcess;
beforeAll(async () => {
  postgres = await PostgresProcess.start();
});
afterAll(() => postgres[Symbol.asyncDispose]());

interface Stage extends AsyncDisposable {
  readonly store: PostgresArchive;
  readonly owner: pg.Client;
  readonly database: Database;
}

async function setStage(): Promise<Stage> {
  const database = await Database.create(postgres);
  const store = new PostgresArchive({
    ...{ url: database.urlOf(), maxConnections: 1, mustMigrate: true },
    onFault: () => undefined,
  });
  await store.open();
  return {
    store,
    database,
    owner: await database.connect(),
    async [Symbol.asyncDispose]() {
      await store.close();
      await database[Symbol.asyncDispose]();
    },
  };
}

/** One message of each room, so old. */
function batchOf(rooms: readonly string[], ageMs = 10 * DAY_MS): Batch {
  const messages = rooms.map((room): ArchivedMessage => ({
    ...{ room, epoch: 'e', seq: 1, sentAt: Date.now() - ageMs, sender: 'ann' },
    ...{ payload: null, frame: Buffer.from([1]), info: null, infoBytes: null },
  }));
  return { messages, gaps: [], cursors: rooms.map((room) => ({ room, epoch: 'e', seq: 1 })) };
}

async function erase(owner: pg.Client, pattern: string): Promise<number> {
  const { rows } = await owner.query<{ erased: string }>('SELECT outcry.archive_erase($1, NULL, NULL, $2) AS erased', [
    pattern,
    'a test',
  ]);
  return Number(rows[0]?.erased);
}

describe('what is deleted of an archive', () => {
  it('is what is too old of all rooms, however many there are', async () => {
    await using stage = await setStage();
    await stage.store.store(TERM, batchOf(Array.from({ length: ROOMS }, (_, i) => `room-${String(i)}`)));
    await stage.owner.query(`INSERT INTO outcry.retention VALUES ('*', '9 days')`);
    expect(await stage.store.expire()).toBe(ROOMS);
    expect(await countMessages(stage.owner)).toBe(0);
  });

  it('is what is older than it is kept, and nothing that is younger', async () => {
    await using stage = await setStage();
    await stage.owner.query(`INSERT INTO outcry.retention VALUES ('*', '9 days')`);
    await stage.store.store(TERM, batchOf(['old'], 9 * DAY_MS + MINUTE_MS));
    await stage.store.store(TERM, batchOf(['young'], 9 * DAY_MS - MINUTE_MS));
    expect(await stage.store.expire()).toBe(1);
    const { rows } = await stage.owner.query('SELECT room FROM outcry.messages');
    expect(rows).toEqual([{ room: 'young' }]);
  });

  it('is of the rooms that the pattern means, in which nothing but * stands for others', async () => {
    await using stage = await setStage();
    await stage.store.store(TERM, batchOf(['a_b', 'axb', 'a%b', 'a\\b', 'a.b', 'A_B']));
    expect(await erase(stage.owner, 'a_b')).toBe(1);
    expect(await erase(stage.owner, 'a%b')).toBe(1);
    expect(await erase(stage.owner, 'a\\b')).toBe(1);
    const { rows } = await stage.owner.query<{ room: string }>(
      'SELECT room FROM outcry.messages ORDER BY room COLLATE "C"',
    );
    expect(rows.map(({ room }) => room)).toEqual(['A_B', 'a.b', 'axb']);
    expect(await erase(stage.owner, 'a*')).toBe(2);
  });

  it('is also what is written as it is deleted: whoever deletes waits for that', async () => {
    await using stage = await setStage();
    const writer = await stage.database.connect();
    await writer.query('BEGIN');
    await writer.query(
      `SELECT outcry.archive_store(3::smallint, 1, ARRAY['alpha'], ARRAY['e'], ARRAY[1::bigint],
        ARRAY[(extract(epoch FROM now()) * 1000)::bigint - 1000], ARRAY['ann'], ARRAY[NULL::text], ARRAY['x'::bytea], '[]', '[]')`,
    );
    const erasing = erase(stage.owner, 'alpha');
    const watcher = await stage.database.connect();
    const waits = async (): Promise<boolean> => {
      const { rows } = await watcher.query(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%archive_erase%'`,
      );
      return rows.length > 0;
    };
    await Promise.race([expect.poll(waits, { timeout: 10_000 }).toBe(true), erasing]);
    await writer.query('COMMIT');
    expect(await erasing).toBe(1);
    expect(await countMessages(stage.owner)).toBe(0);
  });
});
