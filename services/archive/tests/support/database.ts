import { readFileSync } from 'node:fs';

import { TestDatabase } from '@outcry/testkit';
import type pg from 'pg';

const DOCUMENT = new URL('../../../../docs/ARCHIVE.md', import.meta.url);

export interface MessageRow {
  readonly room: string;
  readonly epoch: string;
  readonly seq: number;
  readonly sender: string;
  readonly payload: unknown;
  readonly frame: Buffer;
  readonly info: unknown;
  readonly info_bytes: Buffer | null;
}

/** A database of the test's own, for the archive and its roles. */
export class Database extends TestDatabase {
  /** Gives the roles of docs/ARCHIVE.md the rights that it says, in this database. They are the server's, and so may be there already. Functions that an older version does not have are left out. */
  async grantRoles(...later: readonly string[]): Promise<void> {
    const sql = /```sql roles\n(.*?)```/s.exec(readFileSync(DOCUMENT, 'utf8'))?.[1];
    if (sql === undefined) throw new Error('docs/ARCHIVE.md has no roles');
    const owner = await this.connect();
    const known = later.reduce((rest, name) => rest.replaceAll(new RegExp(`${name}, |,\\s*${name}\\b`, 'g'), ''), sql);
    await owner.query(
      known.replaceAll(/CREATE ROLE \w+ LOGIN;/g, 'DO $$$$ BEGIN $& EXCEPTION WHEN duplicate_object THEN END $$$$;'),
    );
  }
}

export async function readMessages(client: pg.ClientBase, room: string): Promise<readonly MessageRow[]> {
  const { rows } = await client.query<Omit<MessageRow, 'seq'> & { readonly seq: string }>(
    'SELECT room, epoch, seq, sender, payload, frame, info, info_bytes FROM outcry.messages WHERE room = $1 ORDER BY sent_at, seq',
    [room],
  );
  return rows.map((row) => ({ ...row, seq: Number(row.seq) }));
}

export async function countMessages(client: pg.ClientBase): Promise<number> {
  const { rows } = await client.query<{ readonly count: string }>('SELECT count(*) FROM outcry.messages');
  return Number(rows[0]?.count);
}

export async function readGaps(client: pg.ClientBase): Promise<readonly unknown[]> {
  const { rows } = await client.query<Record<string, unknown>>(
    'SELECT room, epoch, first_seq::int AS first, last_seq::int AS last, reason FROM outcry.gaps ORDER BY noticed_at, first',
  );
  return rows;
}
