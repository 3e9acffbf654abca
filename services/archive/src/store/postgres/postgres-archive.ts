import type { OutcryError } from '@outcry/broker';
import {
  assertMigrated,
  connectionOptions,
  joinCluster,
  type Joined,
  type JoinRequest,
  migrate,
  toFault,
} from '@outcry/worker';
import pg from 'pg';

import type { ArchiveStore, Batch, Cursor, Gap, Stored, Term } from '../archive-store.ts';
import { MIGRATIONS } from './migrations.ts';
import { type SearchIndex, SearchIndexes } from './search-indexes.ts';

export interface PostgresOptions {
  readonly url: string;
  readonly maxConnections: number;
  readonly mustMigrate: boolean;
  /** Made beside what goes on, behind a migration. Absent: none. */
  readonly searchIndexes?: readonly SearchIndex[];
}

export interface PostgresArchiveOptions extends PostgresOptions {
  readonly onFault: (err: OutcryError) => void;
  /** An index of the search is whole. */
  readonly onIndexed?: (index: SearchIndex, seconds: number) => void;
  /** The indexes are not whole, and are tried again in a while. */
  readonly onIndexFault?: (err: OutcryError) => void;
}

/** PostgreSQL tells names of queries apart by 63 characters. */
const MAX_NAME = 63;
const EXPIRE = 'SELECT last_room, expired FROM outcry.archive_expire($1, $2)';
/** Of which what is too old is deleted in one transaction. */
const EXPIRED_ROOMS = 100;
const STORE_CALL = 'outcry.archive_store($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) AS stored';
const STORE = `SELECT ${STORE_CALL}`;
/** Gaps are rare, and which of them are new is asked only where there are some: before they are noted. */
const STORE_GAPS = `WITH fresh AS MATERIALIZED (SELECT outcry.archive_new_gaps($10) AS gaps) SELECT fresh.gaps, ${STORE_CALL} FROM fresh`;

interface StoredRow {
  readonly stored: string;
  readonly gaps?: readonly Gap[];
}

interface ExpiredRow {
  readonly last_room: string | null;
  readonly expired: string;
}

/** The archive in PostgreSQL, by the functions of its schema. */
export class PostgresArchive implements ArchiveStore {
  readonly #options: PostgresArchiveOptions;
  readonly #pool: pg.Pool;
  readonly #searchIndexes: SearchIndexes;

  constructor(options: PostgresArchiveOptions) {
    this.#options = options;
    this.#pool = new pg.Pool({ ...connectionOptions(options.url, 'outcry-archive'), max: options.maxConnections });
    // Of a connection that nobody uses; the next call gets another one.
    this.#pool.on('error', (err) => {
      options.onFault(toFault(err));
    });
    this.#searchIndexes = new SearchIndexes({
      indexes: options.searchIndexes ?? [],
      connection: {
        ...connectionOptions(options.url, 'outcry-archive-indexes'),
        query_timeout: 0,
        statement_timeout: 0,
      },
      onFault: (err) => options.onIndexFault?.(err),
      onBuilt: (index, seconds) => options.onIndexed?.(index, seconds),
    });
  }

  /**
   * Makes sure that the database has what this service needs.
   *
   * @throws OutcryError `badConfig` where it has not, or `unavailable`
   */
  async open(): Promise<void> {
    const client = await this.#pool.connect().catch((err: unknown) => {
      throw toFault(err);
    });
    try {
      if (this.#options.mustMigrate) await migrate(client, MIGRATIONS);
      await assertMigrated(client, MIGRATIONS);
      await this.#searchIndexes.check(client);
    } catch (err) {
      throw toFault(err);
    } finally {
      client.release();
    }
    this.#searchIndexes.start();
  }

  async claim({ partition, fence }: Term): Promise<void> {
    await this.#query('SELECT outcry.archive_claim($1, $2)', [partition, fence]);
  }

  async readCursors(rooms: readonly string[]): Promise<readonly Cursor[]> {
    const rows = await this.#query<{ room: string; epoch: string; seq: string }>(
      'SELECT room, epoch, seq FROM outcry.archive_cursors_of($1)',
      [rooms],
    );
    return rows.map(({ seq, ...row }) => ({ ...row, seq: Number(seq) }));
  }

  async store({ partition, fence }: Term, { messages, gaps, cursors }: Batch): Promise<Stored> {
    const [row] = await this.#query<StoredRow>(gaps.length === 0 ? STORE : STORE_GAPS, [
      partition,
      fence,
      messages.map(({ room }) => room),
      messages.map(({ epoch }) => epoch),
      messages.map(({ seq }) => seq),
      messages.map(({ sentAt }) => sentAt),
      messages.map(({ sender }) => sender),
      messages.map(({ payload }) => payload),
      messages.map(({ frame }) => bufferOf(frame)),
      JSON.stringify(gaps),
      JSON.stringify(cursors),
      messages.map(({ info }) => info),
      messages.map(({ infoBytes }) => (infoBytes === null ? null : bufferOf(infoBytes))),
    ]);
    return { messages: Number(row?.stored ?? 0), gaps: row?.gaps ?? [] };
  }

  async expire(): Promise<number> {
    let expired = 0;
    for (let behind: string | null = ''; behind !== null;) {
      const [row]: readonly ExpiredRow[] = await this.#query<ExpiredRow>(EXPIRE, [behind, EXPIRED_ROOMS]);
      expired += Number(row?.expired ?? 0);
      behind = row?.last_room ?? null;
    }
    return expired;
  }

  /** Says that a service is there, unless the database is another cluster's (one-cluster.ts). */
  join(request: JoinRequest): Promise<Joined> {
    return joinCluster((text, values) => this.#query(text, values), 'archive', request);
  }

  async leave(service: string): Promise<void> {
    await this.#query('SELECT outcry.archive_leave($1)', [service]);
  }

  async close(): Promise<void> {
    await this.#searchIndexes.stop();
    await this.#pool.end();
  }

  async #query<R extends pg.QueryResultRow>(text: string, values: readonly unknown[]): Promise<readonly R[]> {
    try {
      // The same text always goes by the same name, which no other begins with, so it is planned once for each connection.
      return (await this.#pool.query<R>({ name: text.slice(0, MAX_NAME), text, values: [...values] })).rows;
    } catch (err) {
      throw toFault(err);
    }
  }
}

/** The same memory. */
function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
