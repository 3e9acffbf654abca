import { OutcryError } from '@outcry/broker';
import { mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';

import { APPLICATION_ID, STEPS } from './schema.ts';

export const FILE = 'messages.sqlite';
/** Results of SQLite, without what extends them: https://www.sqlite.org/rescode.html */
const BUSY = 5;
const CORRUPT = 11;
const NOT_A_DATABASE = 26;
const PRIMARY_CODE = 0xff;

/**
 * Opens the file in a folder, and makes both where they are not there. As long as it is open nobody else can: the lock is the operating
 * system's, and goes with the process, however that ends.
 *
 * @throws OutcryError `badConfig` that says what to do
 */
export function openFile(folder: string): DatabaseSync {
  const path = join(folder, FILE);
  try {
    makeFolder(folder);
  } catch (err) {
    throw new OutcryError('badConfig', `the folder ${folder} cannot be made (${wordsOf(err)}): ${NAME_ANOTHER}`, {
      cause: err,
    });
  }
  let file: DatabaseSync | undefined;
  try {
    // Loaded where it is needed: Node 22 says of it that it may change, whoever uses it.
    const sqlite = process.getBuiltinModule('node:sqlite');
    file = new sqlite.DatabaseSync(path, { timeout: 0 });
    file.exec('PRAGMA locking_mode = EXCLUSIVE');
    checkIsOurs(file, path);
    // What was committed outlives the process; behind a power cut the last commits may be gone, and the file is whole.
    file.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; BEGIN EXCLUSIVE; COMMIT');
    bringUpToDate(file, path);
    return file;
  } catch (err) {
    file?.close();
    throw err instanceof OutcryError ? err : faultOf(err, { folder, path });
  }
}

/** Node 22 tries for ever to make a folder with those above it where a file system has no place for any, as `/proc` has not. */
function makeFolder(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) return;
  const parent = dirname(folder);
  if (parent !== folder) makeFolder(parent);
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (err) {
    // Somebody else was as quick.
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) throw err;
  }
}

const NAME_ANOTHER = 'name another folder with OUTCRY_DATA_DIR, or start with --memory';

function checkIsOurs(file: DatabaseSync, path: string): void {
  const tables = numberOf(file, 'SELECT count(*) AS value FROM sqlite_schema');
  const application = numberOf(file, 'SELECT application_id AS value FROM pragma_application_id');
  if (tables === 0 || application === APPLICATION_ID) return;
  throw new OutcryError('badConfig', `${path} is the file of another program: ${NAME_ANOTHER}`);
}

function bringUpToDate(file: DatabaseSync, path: string): void {
  const version = numberOf(file, 'SELECT user_version AS value FROM pragma_user_version');
  if (version > STEPS.length) {
    const words = `${path} was written by a newer outcry (version ${String(version)}, and this one knows ${String(STEPS.length)})`;
    throw new OutcryError('badConfig', `${words}: start that one, or ${NAME_ANOTHER}`);
  }
  for (const [i, step] of STEPS.entries()) {
    if (i < version) continue;
    file.exec(
      `BEGIN; ${step}; PRAGMA application_id = ${String(APPLICATION_ID)}; PRAGMA user_version = ${String(i + 1)}; COMMIT`,
    );
  }
  // A file that ends too early, or is none behind its header, is found out here rather than by who asks for the past.
  for (const table of ['cursors', 'messages']) file.prepare(`SELECT max(rowid) FROM ${table}`).get();
}

function numberOf(file: DatabaseSync, query: string): number {
  return Number(file.prepare(query).get()?.['value']);
}

function faultOf(err: unknown, { folder, path }: { readonly folder: string; readonly path: string }): OutcryError {
  const code = codeOf(err);
  const options = { cause: err };
  if (code === BUSY) {
    return new OutcryError(
      'badConfig',
      `another outcry uses the folder ${folder}: stop it, or ${NAME_ANOTHER}`,
      options,
    );
  }
  if (isBroken(err)) {
    const words = `${path} is broken (${wordsOf(err)}): move it away and start again, which begins without messages, or ${NAME_ANOTHER}`;
    return new OutcryError('badConfig', words, options);
  }
  return new OutcryError('badConfig', `${path} cannot be opened (${wordsOf(err)}): ${NAME_ANOTHER}`, options);
}

/** Whether SQLite says that the file itself is wrong, which nothing but another file mends. */
export function isBroken(err: unknown): boolean {
  const code = codeOf(err);
  return code === CORRUPT || code === NOT_A_DATABASE;
}

function codeOf(err: unknown): number | undefined {
  return err instanceof Error && 'errcode' in err ? Number(err.errcode) & PRIMARY_CODE : undefined;
}

function wordsOf(err: unknown): string {
  return err instanceof Error ? err.message : String(err);
}
