import { OutcryError } from '@outcry/broker';
import { Backoff, delay, toFault } from '@outcry/worker';
import pg from 'pg';

import { MAX_INDEXED_BYTES } from '../archive-search.ts';

/** What is indexed for search: when and by whom something was said, or its words in a language (`text:english`). */
export type SearchIndex = 'sender' | 'time' | `text:${string}`;

const TEXT = 'text:';
/** One service makes them. */
const LOCK = `hashtext('outcry.search_indexes'), 0`;
/** Whoever writes waits behind a lock that is waited for. */
const LOCK_TIMEOUT_MS = 1000;
const MAX_PAUSE_MS = 60_000;

interface IndexDefinition {
  readonly name: string;
  /** What stands behind the name of the table. */
  readonly on: string;
}

interface Part {
  readonly part: string;
  readonly state: 'missing' | 'broken' | 'apart' | 'attached';
}

/** The months, the newest first, and what each has of an index ($1) under the name that it has there (month and $2). */
const PARTS = `
SELECT p.relname AS part, CASE
  WHEN EXISTS (
    SELECT FROM pg_inherits a JOIN pg_index i ON i.indexrelid = a.inhrelid
    WHERE a.inhparent = to_regclass('outcry.' || $1) AND i.indrelid = p.oid
  ) THEN 'attached'
  WHEN own.indexrelid IS NULL THEN 'missing' WHEN own.indisvalid THEN 'apart' ELSE 'broken' END AS state
FROM pg_inherits h JOIN pg_class p ON p.oid = h.inhrelid
LEFT JOIN pg_index own ON own.indexrelid = to_regclass('outcry.' || p.relname || $2)
WHERE h.inhparent = 'outcry.messages'::regclass ORDER BY p.relname DESC`;

export interface SearchIndexesOptions {
  readonly indexes: readonly SearchIndex[];
  /** How a connection is made that waits for as long as an index takes. */
  readonly connection: pg.ClientConfig;
  readonly onFault: (err: OutcryError) => void;
  readonly onBuilt: (index: SearchIndex, seconds: number) => void;
}

/**
 * Makes the indexes of the search beside what goes on: of one month after the other, the newest first, concurrently. Nobody who writes waits
 * for it, but for a moment in which a lock is had or given up. One that was broken off is made anew; none is ever taken away.
 */
export class SearchIndexes {
  readonly #options: SearchIndexesOptions;
  readonly #ending = new AbortController();
  #building: Promise<void> = Promise.resolve();
  #client: pg.Client | undefined;
  #pid: number | undefined;

  constructor(options: SearchIndexesOptions) {
    this.#options = options;
  }

  /** @throws OutcryError `badConfig` where a language is none that the database knows */
  async check(client: Pick<pg.ClientBase, 'query'>): Promise<void> {
    for (const index of this.#options.indexes) await definitionOf(client, index);
  }

  /** Those that are missing are made from now on. */
  start(): void {
    if (this.#options.indexes.length > 0) this.#building = this.#run();
  }

  /** Breaks off what is being made. Never rejects. */
  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#cancel();
    await this.#building;
  }

  async #run(): Promise<void> {
    const backoff = new Backoff({ maxMs: MAX_PAUSE_MS });
    while (!this.#ending.signal.aborted) {
      const isBuilt = await this.#build().catch((err: unknown) => {
        this.#fail(err);
        return false;
      });
      if (isBuilt) return;
      await delay(backoff.nextMs(), this.#ending.signal);
    }
  }

  #fail(err: unknown): void {
    if (!this.#ending.signal.aborted) this.#options.onFault(toFault(err));
  }

  /** Resolves with whether all are there; not where another service makes them. */
  async #build(): Promise<boolean> {
    const { connection, indexes, onBuilt } = this.#options;
    const client = new pg.Client(connection);
    // What is under way on it rejects.
    client.on('error', () => undefined);
    try {
      await client.connect();
      const { rows } = await client.query<{ readonly is: boolean; readonly pid: number }>(
        `SELECT pg_try_advisory_lock(${LOCK}) AS is, pg_backend_pid() AS pid`,
      );
      if (rows[0]?.is !== true) return false;
      this.#client = client;
      this.#pid = rows[0].pid;
      for (const index of indexes) {
        const startedAt = performance.now();
        if (await this.#buildOne(client, await definitionOf(client, index))) {
          onBuilt(index, Math.round((performance.now() - startedAt) / 1000));
        }
      }
      return true;
    } finally {
      this.#client = undefined;
      await client.end().catch(() => undefined);
    }
  }

  /** Resolves with whether there was anything to be made. */
  async #buildOne(client: pg.Client, { name, on }: IndexDefinition): Promise<boolean> {
    if (await isWhole(client, name)) return false;
    // Months that are made from now on have it.
    await atOnce(client, `CREATE INDEX IF NOT EXISTS ${name} ON ONLY outcry.messages ${on}`);
    const suffix = name.slice('messages'.length);
    const { rows } = await client.query<Part>(PARTS, [name, suffix]);
    for (const { part, state } of rows) {
      this.#ending.signal.throwIfAborted();
      const own = `${part}${suffix}`;
      if (state === 'attached') continue;
      if (state === 'broken') await client.query(`DROP INDEX CONCURRENTLY outcry.${own}`);
      if (state !== 'apart') await client.query(`CREATE INDEX CONCURRENTLY ${own} ON outcry.${part} ${on}`);
      await atOnce(client, `ALTER INDEX outcry.${name} ATTACH PARTITION outcry.${own}`);
    }
    return true;
  }

  async #cancel(): Promise<void> {
    if (this.#client === undefined || this.#pid === undefined) return;
    const other = new pg.Client(this.#options.connection);
    other.on('error', () => undefined);
    try {
      await other.connect();
      await other.query('SELECT pg_cancel_backend($1)', [this.#pid]);
    } catch {
      // The database is away, and so is what it was doing.
    } finally {
      await other.end().catch(() => undefined);
    }
  }
}

/** What waits for its lock no longer than those who write may wait behind it. */
async function atOnce(client: pg.Client, statement: string): Promise<void> {
  await client.query(`SET lock_timeout = ${String(LOCK_TIMEOUT_MS)}`);
  await client.query(statement);
  await client.query('SET lock_timeout = 0');
}

async function isWhole(client: pg.Client, name: string): Promise<boolean> {
  const { rows } = await client.query<{ readonly is: boolean }>(
    'SELECT indisvalid AS is FROM pg_index WHERE indexrelid = to_regclass($1)',
    [`outcry.${name}`],
  );
  return rows[0]?.is === true;
}

/** @throws OutcryError `badConfig` */
async function definitionOf(client: Pick<pg.ClientBase, 'query'>, index: SearchIndex): Promise<IndexDefinition> {
  if (index === 'time') return { name: 'messages_time', on: '(sent_at)' };
  if (index === 'sender') return { name: 'messages_sender', on: '(sender, sent_at)' };
  const language = index.slice(TEXT.length);
  const { rows } = await client.query<{ readonly config: string | null; readonly known: string }>(
    `SELECT quote_literal(outcry.archive_text_config($1)::text) AS config,
       (SELECT string_agg(DISTINCT cfgname, ', ' ORDER BY cfgname) FROM pg_catalog.pg_ts_config) AS known`,
    [language],
  );
  const { config, known } = rows[0] ?? { config: null, known: 'none' };
  if (config === null) {
    const words = `PostgreSQL has no text search configuration ${language}: it has ${known}`;
    throw new OutcryError('badConfig', words);
  }
  const expression = `jsonb_to_tsvector(${config}::regconfig, payload, '["string"]')`;
  return {
    name: `messages_text_${language}`,
    on: `USING gin (${expression}) WHERE octet_length(frame) <= ${String(MAX_INDEXED_BYTES)}`,
  };
}
