import type { OutcryError } from '@outcry/broker';
import { assertMigrated, joinCluster, type Joined, type JoinRequest, migrate, toFault } from '@outcry/worker';
import pg from 'pg';

import type { InboundMessage, Refusal } from '../../delivery/inbound-message.ts';
import type { OutboxStore, PageRequest } from '../outbox-store.ts';
import { connectionTo } from './connection.ts';
import { MIGRATIONS } from './migrations.ts';

export interface PostgresOptions {
  readonly url: string;
  /** Of this process, beside the one that listens. */
  readonly maxConnections: number;
  readonly mustMigrate: boolean;
}

export interface PostgresOutboxOptions extends PostgresOptions {
  readonly onFault: (err: OutcryError) => void;
}

interface Row {
  readonly id: string;
  readonly room: string;
  readonly data: string;
  readonly key: string | null;
  readonly traceparent: string | null;
}

const MAX_ROWS = 256;
const MAX_BYTES = 4 * 1024 * 1024;
/** PostgreSQL tells names of queries apart by 63 characters. */
const MAX_NAME = 63;

/** The outbox in PostgreSQL, by the functions of its schema. */
export class PostgresOutbox implements OutboxStore {
  readonly #options: PostgresOutboxOptions;
  readonly #pool: pg.Pool;

  constructor(options: PostgresOutboxOptions) {
    this.#options = options;
    this.#pool = new pg.Pool({
      ...connectionTo(options.url),
      max: options.maxConnections,
      // A removal that a crash of the database takes back is made again: what it was of is published under the same key.
      options: '-c synchronous_commit=off',
    });
    // Of a connection that nobody uses; the next call gets another one.
    this.#pool.on('error', (err) => {
      options.onFault(toFault(err));
    });
  }

  /**
   * Makes sure that the database has what this service needs; resolves with the name of this outbox among all that there are.
   *
   * @throws OutcryError `badConfig` where it has not, or `unavailable`
   */
  async open(): Promise<string> {
    const client = await this.#pool.connect().catch((err: unknown) => {
      throw toFault(err);
    });
    try {
      if (this.#options.mustMigrate) await migrate(client, MIGRATIONS);
      await assertMigrated(client, MIGRATIONS);
      const { rows } = await client.query<{ readonly id: string }>('SELECT outcry.source_id() AS id');
      return rows[0]?.id ?? '';
    } catch (err) {
      throw toFault(err);
    } finally {
      client.release();
    }
  }

  async claim({ partition, fence }: PageRequest): Promise<void> {
    await this.#query('SELECT outcry.claim($1, $2)', [partition, fence]);
  }

  async read({ partition, fence }: PageRequest): Promise<readonly InboundMessage[]> {
    const rows = await this.#query<Row>(
      'SELECT id, room, data, key, traceparent FROM outcry.take_page($1, $2, $3, $4)',
      [partition, fence, MAX_ROWS, MAX_BYTES],
    );
    return rows.map(({ key, traceparent, ...row }) => ({
      ...row,
      key: key ?? undefined,
      traceparent: traceparent ?? undefined,
    }));
  }

  async settle({ published, refused }: { published: readonly string[]; refused: readonly Refusal[] }): Promise<void> {
    await this.#query('SELECT outcry.settle($1, $2)', [published, JSON.stringify(refused)]);
  }

  join(request: JoinRequest): Promise<Joined> {
    return joinCluster((text, values) => this.#query(text, values), 'outbox', request);
  }

  async leave(service: string): Promise<void> {
    await this.#query('SELECT outcry.leave($1)', [service]);
  }

  async measureLag(): Promise<{ readonly rows: number; readonly seconds: number }> {
    const [lag] = await this.#query<{ waiting: string; seconds: number }>(
      'SELECT waiting, seconds FROM outcry.lag()',
      [],
    );
    return { rows: Number(lag?.waiting ?? 0), seconds: Math.max(0, lag?.seconds ?? 0) };
  }

  close(): Promise<void> {
    return this.#pool.end();
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
