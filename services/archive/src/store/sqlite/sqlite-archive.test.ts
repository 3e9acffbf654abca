import { cpSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { KeptNumbering } from '@outcry/broker';
import type { ArchivedMessage } from '../archive-store.ts';
import { describeArchiveStore, type StoreUnderTest } from '../archive-store.contract.ts';
import { FILE, openFile } from './open-file.ts';
import { STEPS } from './schema.ts';
import { SqliteArchive } from './sqlite-archive.ts';

const TERM = { partition: '0', fence: 1 };
const MIB = 1024 * 1024;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'outcry-sqlite-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const open = (maxBytes = 64 * MIB): SqliteArchive => SqliteArchive.open({ folder, maxBytes });

/** Of a copy, which nobody has locked. */
function read<T>(look: (file: DatabaseSync) => T): T {
  const copy = mkdtempSync(join(tmpdir(), 'outcry-copy-'));
  cpSync(folder, copy, { recursive: true });
  const file = new DatabaseSync(join(copy, FILE));
  try {
    return look(file);
  } finally {
    file.close();
    rmSync(copy, { recursive: true });
  }
}

function gapsOf(file: DatabaseSync): string[] {
  const rows = [...file.prepare('SELECT * FROM gaps ORDER BY epoch, first_seq').iterate()];
  return rows.map(
    (row) => `${String(row['epoch'])}:${String(row['first_seq'])}-${String(row['last_seq'])} ${String(row['reason'])}`,
  );
}

function underTest(): Promise<StoreUnderTest> {
  const store = open();
  return Promise.resolve({
    store,
    messagesOf: (room) =>
      Promise.resolve(
        read((file) =>
          file
            .prepare('SELECT * FROM messages WHERE room = ? ORDER BY sent_at')
            .all(room)
            .map((row) => ({
              seq: Number(row['seq']),
              sentAt: Number(row['sent_at']),
              sender: String(row['sender']),
              payload: row['payload'] === null ? undefined : (JSON.parse(String(row['payload'])) as unknown),
              frame: row['frame'] as Uint8Array,
              info: row['info'] === null ? undefined : (JSON.parse(String(row['info'])) as unknown),
              infoBytes: row['info_bytes'] as Uint8Array | null,
            })),
        ),
      ),
    gaps: () => Promise.resolve(read(gapsOf)),
    page: ({ limit = 100, maxBytes = MIB, ...ends }) => {
      const { messages, hasMore } = store.readPage({ room: 'комната "a\\b"', limit, maxBytes, ...ends });
      return Promise.resolve([...messages.map(({ seq }) => String(seq)), ...(hasMore ? ['+'] : [])].join(' '));
    },
    [Symbol.asyncDispose]: () => {
      store.close();
      return Promise.resolve();
    },
  });
}

describeArchiveStore('SQLite', underTest);

function messages(count: number, { epoch = 'a', bytes = 10, first = 1 } = {}): readonly ArchivedMessage[] {
  return Array.from({ length: count }, (_, i) => ({
    ...{
      room: 'pit',
      epoch,
      seq: first + i,
      sentAt: first + i,
      sender: 'ann',
      payload: null,
      info: null,
      infoBytes: null,
    },
    frame: Buffer.alloc(bytes),
  }));
}

async function write(store: SqliteArchive, said: readonly ArchivedMessage[]): Promise<void> {
  await store.claim(TERM);
  const last = said.at(-1);
  const cursors = last === undefined ? [] : [{ room: 'pit', epoch: last.epoch, seq: last.seq }];
  await store.store(TERM, { messages: said, gaps: [], cursors });
}

function goOn(store: SqliteArchive, room: string, epoch: string): KeptNumbering | undefined {
  const kept = store.numberingOf(room);
  store.begin(room, epoch);
  return kept;
}

describe('a numbering in SQLite', () => {
  it('goes on under another epoch in each process, and is one order of numbers', async () => {
    const store = open();
    expect(goOn(store, 'pit', 'a')).toBeUndefined();
    await write(store, messages(3));
    expect(goOn(store, 'pit', 'b')).toEqual({ seq: 3, ended: new Map([['a', 3]]) });
    await write(store, messages(2, { epoch: 'b', first: 4 }));
    expect(goOn(store, 'pit', 'c')).toEqual({
      seq: 5,
      ended: new Map([
        ['b', 5],
        ['a', 3],
      ]),
    });
    // Nothing was said in the third: it leaves nothing behind.
    expect(goOn(store, 'pit', 'd')).toEqual({
      seq: 5,
      ended: new Map([
        ['b', 5],
        ['a', 3],
      ]),
    });
    const { messages: all } = store.readPage({ room: 'pit', epoch: 'd', before: 6, limit: 10, maxBytes: MIB });
    expect(all.map(({ seq }) => seq)).toEqual([5, 4, 3, 2, 1]);
    store.close();
    expect(read(gapsOf)).toEqual(['a:4-null epoch', 'b:6-null epoch']);
  });
});

describe('the file', () => {
  it('is no larger than it may be: the oldest messages go', async () => {
    const store = open(2 * MIB);
    await write(store, messages(3000, { bytes: 1024 }));
    expect(await store.expire()).toBe(2000);
    expect(await store.expire()).toBe(0);
    const { messages: left } = store.readPage({ room: 'pit', epoch: 'a', after: 0, limit: 1, maxBytes: MIB });
    expect(left[0]?.seq).toBe(2001);
    store.close();
  });

  it('is one process’s at a time, and has what was written when it is opened again', async () => {
    const store = open();
    await write(store, messages(2));
    expect(() => open()).toThrow(
      `another outcry uses the folder ${folder}: stop it, or name another folder with OUTCRY_DATA_DIR, or start with --memory`,
    );
    store.close();
    const again = open();
    expect(await again.readCursors(['pit'])).toEqual([{ room: 'pit', epoch: 'a', seq: 2 }]);
    again.close();
  });

  it.each([
    [
      'of another program',
      (file: DatabaseSync) => {
        file.exec('CREATE TABLE theirs (a); PRAGMA user_version = 0; PRAGMA application_id = 7');
      },
      /is the file of another program: name another folder/,
    ],
    [
      'of the future',
      (file: DatabaseSync) => {
        file.exec(`PRAGMA user_version = ${String(STEPS.length + 1)}`);
      },
      /was written by a newer outcry \(version 3, and this one knows 2\): start that one, or name/,
    ],
  ])('%s is left as it is, with what to do', (...[, change, words]) => {
    openFile(folder).close();
    const file = new DatabaseSync(join(folder, FILE));
    change(file);
    file.close();
    const before = readFileSync(join(folder, FILE));
    expect(() => open()).toThrow(words);
    expect(readFileSync(join(folder, FILE))).toEqual(before);
  });

  it('that is broken is left as it is, with what to do', async () => {
    const store = open();
    await write(store, messages(1000, { bytes: 1024 }));
    store.close();
    const path = join(folder, FILE);
    const words =
      /is broken \(.*\): move it away and start again, which begins without messages, or name another folder/;
    truncateSync(path, 16 * 1024);
    expect(() => open()).toThrow(words);
    writeFileSync(path, 'no database at all'.repeat(1000));
    expect(() => open()).toThrow(words);
    expect(readFileSync(path, 'utf8')).toMatch(/^no database at all/);
  });

  it('cannot be where a file is in the way of its folder', () => {
    const blocked = join(folder, 'file');
    writeFileSync(blocked, '');
    expect(() => SqliteArchive.open({ folder: join(blocked, 'data'), maxBytes: MIB })).toThrow(
      /^the folder .*data cannot be made \(EEXIST.*\): name another folder/,
    );
  });

  it.runIf(process.platform === 'linux')('cannot be where no folder can be, and says so at once', () => {
    expect(() => SqliteArchive.open({ folder: '/proc/none/data', maxBytes: MIB })).toThrow(
      /^the folder .*data cannot be made \(ENOENT.*\): name another folder/,
    );
  });

  it('makes the folders above its own', () => {
    const deep = join(folder, 'a', 'b');
    SqliteArchive.open({ folder: deep, maxBytes: MIB }).close();
    expect(readFileSync(join(deep, FILE)).length).toBeGreaterThan(0);
  });
});
