import { randomBytes } from 'node:crypto';

import type { PostgresProcess } from '@outcry/testkit';
import pg from 'pg';

/** A database of the test's own, with connections to it that end with the test. */
export class Database implements AsyncDisposable {
  readonly name: string;
  readonly #server: PostgresProcess;
  readonly #clients: pg.Client[] = [];

  private constructor(server: PostgresProcess, name: string) {
    this.#server = server;
    this.name = name;
  }

  static async create(server: PostgresProcess): Promise<Database> {
    const name = `test_${randomBytes(6).toString('hex')}`;
    const admin = new pg.Client(server.url);
    await admin.connect();
    await admin.query(`CREATE DATABASE ${name}`);
    await admin.end();
    return new Database(server, name);
  }

  urlOf(role?: string): string {
    return this.#server.urlOf(role, this.name);
  }

  async connect(role?: string): Promise<pg.Client> {
    const client = new pg.Client(this.urlOf(role));
    // Where a test ends the server this connection is lost with it.
    client.on('error', () => undefined);
    await client.connect();
    this.#clients.push(client);
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.end()));
  }
}

export interface Written {
  readonly room: string;
  readonly data: unknown;
  readonly key?: string;
}

export async function publish(client: pg.ClientBase, { room, data, key }: Written): Promise<void> {
  await client.query('SELECT outcry.publish($1, $2, $3)', [room, JSON.stringify(data), key ?? null]);
}

/** How many rows a table of the schema has. */
export async function countRows(client: pg.ClientBase, table: 'outbox' | 'refused'): Promise<number> {
  const { rows } = await client.query<{ readonly count: string }>(`SELECT count(*) FROM outcry.${table}`);
  return Number(rows[0]?.count);
}
