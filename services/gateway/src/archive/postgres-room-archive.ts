import { OutcryError } from '@outcry/broker';
import type { Logger } from '@outcry/service';
import { connectionOptions, SourceHealth, toFault } from '@outcry/worker';
import { circuitBreaker, type CircuitBreakerPolicy, CircuitState, ConsecutiveBreaker, handleAll } from 'cockatiel';
import pg from 'pg';

import type { ArchiveMetrics } from '../observability/archive-metrics.ts';
import type { ArchivePage, ArchiveRange, RoomArchive } from './room-archive.ts';
import type { ArchiveConfig } from './settings.ts';

/** So many failures in a row, and nothing is asked for a while; then a single page is tried. */
const FAILURES = 3;
const OPEN_MS = 2000;
const MS_PER_SECOND = 1000;
const PAGE = {
  name: 'archive_page',
  text: 'SELECT number, numbered_at, frame, info_bytes FROM outcry.archive_page($1, $2, $3, $4, $5, $6)',
};

/** The last row of a page behind which there is more has no frame. */
interface Row {
  readonly number: string;
  readonly numbered_at: string;
  readonly frame: Buffer | null;
  readonly info_bytes: Buffer | null;
}

export interface RoomArchiveParts {
  readonly metrics: Pick<ArchiveMetrics, 'faults' | 'seconds'>;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
}

/** The archive in PostgreSQL. Nothing is asked at the start: a gateway serves without it. */
export class PostgresRoomArchive implements RoomArchive {
  readonly #config: ArchiveConfig;
  readonly #parts: RoomArchiveParts;
  readonly #pool: pg.Pool;
  readonly #breaker: CircuitBreakerPolicy;
  readonly #health: SourceHealth;

  constructor(config: ArchiveConfig, parts: RoomArchiveParts) {
    this.#config = config;
    this.#parts = parts;
    this.#health = new SourceHealth(parts.logger, 'archive');
    this.#breaker = circuitBreaker(handleAll, { halfOpenAfter: OPEN_MS, breaker: new ConsecutiveBreaker(FAILURES) });
    this.#pool = new pg.Pool({
      ...connectionOptions(config.url, 'outcry-gateway', config.deadlineMs),
      max: config.readers,
    });
    // Of a connection that nobody uses; the next page gets another one.
    this.#pool.on('error', (err) => {
      this.#health.fail(toFault(err));
    });
  }

  async read({ room, epoch, after, before, limit, maxBytes }: ArchiveRange): Promise<ArchivePage> {
    if (this.#breaker.state === CircuitState.HalfOpen) throw away('another page is tried first');
    const values = [room, epoch, after ?? null, before ?? null, limit, maxBytes];
    const rows = await this.#ask(values);
    const messages = rows.flatMap(({ number, numbered_at: at, frame, info_bytes: info }) =>
      frame === null
        ? []
        : [{ position: { epoch, seq: Number(number) }, at: Number(at), frame, ...(info === null ? {} : { info }) }],
    );
    const hasMore = messages.length < rows.length;
    return { messages: after === undefined ? messages.reverse() : messages, hasMore };
  }

  notReady(): string | undefined {
    return this.#breaker.state === CircuitState.Closed ? undefined : 'the archive cannot be read';
  }

  close(): Promise<void> {
    return this.#pool.end();
  }

  async #ask(values: readonly unknown[]): Promise<readonly Row[]> {
    const startedAt = performance.now();
    try {
      const { rows } = await this.#breaker.execute(() =>
        within(this.#config.deadlineMs, this.#pool.query<Row>({ ...PAGE, values: [...values] })),
      );
      this.#health.succeed();
      this.#parts.metrics.seconds.observe((performance.now() - startedAt) / MS_PER_SECOND);
      return rows;
    } catch (err) {
      this.#parts.metrics.faults.inc();
      const fault = toFault(err);
      if (this.#breaker.state === CircuitState.Closed) this.#health.fail(fault);
      // What a wait does not mend is somebody's to mend meanwhile.
      throw away(fault.message, err);
    }
  }
}

/** The time for a connection and that for the query are one. */
async function within<T>(ms: number, call: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error('no answer in time'));
    }, ms);
  });
  try {
    return await Promise.race([call, late]);
  } finally {
    clearTimeout(timer);
  }
}

function away(why: string, cause?: unknown): OutcryError {
  return new OutcryError('unavailable', `the archive cannot be read: ${why}`, { cause });
}
