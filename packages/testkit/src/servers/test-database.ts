import { randomBytes } from 'node:crypto';

import type pg from 'pg';

import type { PostgresProcess } from './postgres-process.ts';

/** A database of the test's own, with connections to it that end with the test. */
export class TestDatabase implements AsyncDisposable {
  readonly name: string;
  readonly #server: PostgresProcess;
  readonly #clients: pg.Client[] = [];

  /** It has to be there already: `create` makes one. */
  constructor(server: PostgresProcess, name: string) {
    this.#server = server;
    this.name = name;
  }

  static async create<T extends TestDatabase>(
    this: new (server: PostgresProcess, name: string) => T,
    server: PostgresProcess,
  ): Promise<T> {
    const name = `test_${randomBytes(6).toString('hex')}`;
    const admin = await connect(server.url);
    await admin.query(`CREATE DATABASE ${name}`);
    await admin.end();
    return new this(server, name);
  }

  urlOf(role?: string): string {
    return this.#server.urlOf(role, this.name);
  }

  async connect(role?: string): Promise<pg.Client> {
    const client = await connect(this.urlOf(role));
    this.#clients.push(client);
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.end()));
  }
}

async function connect(url: string): Promise<pg.Client> {
  // Loaded only here: most tests have no database.
  const { default: postgres } = await import('pg');
  const client = new postgres.Client(url);
  // Where a test ends the server this connection is lost with it.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}
