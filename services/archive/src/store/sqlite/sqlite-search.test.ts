import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { describeArchiveSearch, type SearchUnderTest } from '../archive-search.contract.ts';
import type { ArchivedMessage } from '../archive-store.ts';
import { FILE } from './open-file.ts';
import { APPLICATION_ID, STEPS } from './schema.ts';
import { SqliteArchive } from './sqlite-archive.ts';

const TERM = { partition: '0', fence: 1 };
const MIB = 1024 * 1024;
const PAGE = { limit: 50, maxBytes: MIB };
/** As in sqlite-search.ts. */
const MAX_MATCHES = 20_000;

const folderOf = (): string => mkdtempSync(join(tmpdir(), 'outcry-search-'));

function underTest(): Promise<SearchUnderTest> {
  const folder = folderOf();
  const store = SqliteArchive.open({ folder, maxBytes: 64 * MIB });
  return Promise.resolve({
    store,
    search: (range) => store.search(range),
    [Symbol.asyncDispose]: () => {
      store.close();
      rmSync(folder, { recursive: true });
      return Promise.resolve();
    },
  });
}

describeArchiveSearch('SQLite', underTest);

function said(count: number, text: string): readonly ArchivedMessage[] {
  return Array.from({ length: count }, (_, i) => ({
    ...{ room: 'pit', epoch: 'e', seq: 1 + i, sentAt: 1000 + i, sender: 'ann', payload: JSON.stringify(text) },
    ...{ frame: Buffer.alloc(100), info: null, infoBytes: null },
  }));
}

describe('a search in a file', () => {
  let folder: string;
  let store: SqliteArchive | undefined;
  beforeEach(() => {
    folder = folderOf();
  });
  afterEach(() => {
    vi.restoreAllMocks();
    store?.close();
    rmSync(folder, { recursive: true });
  });

  async function openWith(messages: readonly ArchivedMessage[], maxBytes = 64 * MIB): Promise<SqliteArchive> {
    store = SqliteArchive.open({ folder, maxBytes });
    await store.claim(TERM);
    await store.store(TERM, { messages, gaps: [], cursors: [] });
    return store;
  }

  it('finds nothing that was deleted because the file is full', async () => {
    const opened = await openWith(said(3000, 'a tulip'), 1);
    expect((await opened.search({ ...PAGE, words: 'tulip' })).messages).toHaveLength(50);
    expect(await opened.expire()).toBe(3000);
    expect((await opened.search({ ...PAGE, words: 'tulip' })).messages).toEqual([]);
  });

  it('minds no case, in any script, and every mark', async () => {
    const opened = await openWith(said(1, 'Аукцион ТЮЛЬПАНОВ, café'));
    const find = async (words: string): Promise<number> => (await opened.search({ ...PAGE, words })).messages.length;
    expect([await find('тюльпанов'), await find('CAFÉ'), await find('cafe')]).toEqual([1, 1, 0]);
  });

  it('finds what was kept before there was an index', async () => {
    const file = new DatabaseSync(join(folder, FILE));
    file.exec(`${STEPS[0] ?? ''}; PRAGMA application_id = ${String(APPLICATION_ID)}; PRAGMA user_version = 1`);
    const insert = file.prepare('INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?, ?, NULL, NULL)');
    insert.run('pit', 'e', 1, 1000, 'ann', '{"text":["old tulips"]}', Buffer.alloc(1));
    insert.run('pit', 'e', 2, 1000, 'ann', null, Buffer.alloc(1));
    file.close();
    const opened = await openWith([]);
    const { messages } = await opened.search({ ...PAGE, words: 'tulips' });
    expect(messages.map(({ position }) => position.seq)).toEqual([1]);
  });

  it('is refused where too many have the words', async () => {
    const opened = await openWith(said(MAX_MATCHES, 'tulips'));
    expect((await opened.search({ ...PAGE, words: 'tulips' })).hasMore).toBe(true);
    await opened.store(TERM, { messages: said(MAX_MATCHES + 1, 'tulips'), gaps: [], cursors: [] });
    await expect(opened.search({ ...PAGE, words: 'tulips' })).rejects.toMatchObject({ code: 'tooCostly' });
  });

  it('is broken off behind its time, and lets others have the loop before', async () => {
    const opened = await openWith(said(1200, 'x'));
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    let turns = 0;
    const immediate = setImmediate(() => (turns += 1));
    expect((await opened.search({ ...PAGE, sender: 'nobody' })).messages).toEqual([]);
    expect(turns).toBe(1);
    clearImmediate(immediate);
    const late = opened.search({ ...PAGE, sender: 'nobody' });
    now = 5001;
    await expect(late).rejects.toMatchObject({
      code: 'tooCostly',
      message: expect.stringContaining('5000 ms') as string,
    });
  });
});
