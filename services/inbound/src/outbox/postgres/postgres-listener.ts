import { OutcryError } from '@outcry/broker';
import { Backoff, delay, toFault } from '@outcry/worker';
import pg from 'pg';

import { connectionTo } from './connection.ts';
import { OUTBOX_CHANNEL } from './migrations.ts';

export interface PostgresListenerOptions {
  readonly url: string;
  /** There is something in this partition. */
  readonly onRows: (partition: string) => void;
  /** It listens, from now on: what came before nobody has heard of. */
  readonly onListening: () => void;
  readonly onFault: (err: OutcryError) => void;
}

/** How often the connection is asked whether it is one: a half of it that is left says nothing, for ever. */
const PROBE_MS = 5000;

/** Hears what transactions say when they commit, over a connection of its own that it makes again whenever it is lost. */
export class PostgresListener {
  readonly #options: PostgresListenerOptions;
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(options: PostgresListenerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running = this.#run();
  }

  async close(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    const backoff = new Backoff();
    while (!signal.aborted) {
      try {
        await this.#listen(backoff);
      } catch (err) {
        this.#options.onFault(toFault(err));
      }
      await delay(backoff.nextMs(), signal);
    }
  }

  /** Rejects when the connection is lost; resolves when it is to stop. */
  async #listen(backoff: Backoff): Promise<void> {
    const { url, onRows, onListening } = this.#options;
    const client = new pg.Client(connectionTo(url));
    const lost = new AbortController();
    const lose = (err?: Error): void => {
      lost.abort(err ?? new OutcryError('unavailable', 'PostgreSQL: the connection that listens is lost'));
    };
    client.on('error', lose);
    client.on('end', lose);
    client.on('notification', ({ payload = '' }) => {
      onRows(payload);
    });
    try {
      await client.connect();
      await client.query(`LISTEN ${OUTBOX_CHANNEL}`);
      backoff.reset();
      onListening();
      const over = AbortSignal.any([lost.signal, this.#stopping.signal]);
      for (;;) {
        await delay(PROBE_MS, over);
        if (this.#stopping.signal.aborted) return;
        lost.signal.throwIfAborted();
        await client.query('SELECT 1');
      }
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}
