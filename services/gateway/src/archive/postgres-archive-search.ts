import type { Logger } from '@outcry/service';
import { connectionOptions, SourceHealth, toFault } from '@outcry/worker';
import pg from 'pg';

import type { ArchiveMetrics } from '../observability/archive-metrics.ts';
import {
  type ArchiveSearch,
  SearchError,
  type SearchPage,
  type SearchQuery,
  type SearchRefusal,
} from './archive-search.ts';
import type { ArchiveConfig } from './settings.ts';

const MS_PER_SECOND = 1000;
/** The database breaks a search off by itself; where it says nothing for so long behind that, it is away. */
const GRACE_MS = 1000;
/** SQLSTATEs: broken off for its time, and what the function raises where the language is not indexed. */
const CANCELED = '57014';
const NO_LANGUAGE = 'OC002';
const SEARCH = {
  name: 'archive_search',
  text: 'SELECT room, epoch, seq, numbered_at, frame FROM outcry.archive_search($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)',
};

/** The last row of a page behind which there is more has no frame. */
interface Row {
  readonly room: string;
  readonly epoch: string;
  readonly seq: string;
  readonly numbered_at: string;
  readonly frame: Buffer | null;
}

export interface ArchiveSearchParts {
  readonly metrics: Pick<ArchiveMetrics, 'searches' | 'searchSeconds'>;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
}

/** Search in PostgreSQL, over connections that are for nothing else. Nothing is asked at the start: a gateway serves without it. */
export class PostgresArchiveSearch implements ArchiveSearch {
  readonly #config: ArchiveConfig;
  readonly #parts: ArchiveSearchParts;
  readonly #health: SourceHealth;
  readonly #pool: pg.Pool;
  #inFlight = 0;

  constructor(config: ArchiveConfig, parts: ArchiveSearchParts) {
    this.#config = config;
    this.#parts = parts;
    this.#health = new SourceHealth(parts.logger, 'archive search');
    this.#pool = new pg.Pool({
      ...connectionOptions(config.url, 'outcry-gateway-search', config.searchMs + GRACE_MS),
      statement_timeout: config.searchMs,
      max: config.searches,
    });
    // Of a connection that nobody uses; the next search gets another one.
    this.#pool.on('error', (err) => {
      this.#health.fail(toFault(err));
    });
  }

  async search(query: SearchQuery): Promise<SearchPage> {
    const { searches } = this.#config;
    if (this.#inFlight >= searches) {
      throw this.#refuse('tooMany', `${String(searches)} searches are made at a time, and are: try again`);
    }
    this.#inFlight += 1;
    const startedAt = performance.now();
    try {
      const page = await this.#ask(query);
      this.#parts.metrics.searches.labels('answered').inc();
      return page;
    } finally {
      this.#inFlight -= 1;
      this.#parts.metrics.searchSeconds.observe((performance.now() - startedAt) / MS_PER_SECOND);
    }
  }

  close(): Promise<void> {
    return this.#pool.end();
  }

  async #ask(query: SearchQuery): Promise<SearchPage> {
    try {
      const { rows } = await this.#pool.query<Row>({ ...SEARCH, values: valuesOf(query) });
      this.#health.succeed();
      const messages = rows.flatMap(({ room, epoch, seq, numbered_at: at, frame }) =>
        frame === null ? [] : [{ room, position: { epoch, seq: Number(seq) }, sentAt: Number(at), frame }],
      );
      return { messages, hasMore: messages.length < rows.length };
    } catch (err) {
      throw this.#judge(err, query);
    }
  }

  #judge(err: unknown, { language }: SearchQuery): SearchError {
    const state = err instanceof pg.DatabaseError ? err.code : undefined;
    if (state === CANCELED) {
      const words = `it took more than ${String(this.#config.searchMs)} ms: name a room, a shorter time, or rarer words`;
      return this.#refuse('tooCostly', words, err);
    }
    if (state === NO_LANGUAGE) {
      const wanted = language === undefined ? 'which language is not said' : `words in ${language} are not indexed`;
      return this.#refuse('noLanguage', `${wanted}: there are ${(err as Error).message}`, err);
    }
    const fault = toFault(err);
    this.#health.fail(fault);
    return this.#refuse('unavailable', 'the archive cannot be searched now; try again', err);
  }

  #refuse(code: SearchRefusal, message: string, cause?: unknown): SearchError {
    this.#parts.metrics.searches.labels(code).inc();
    return new SearchError(code, message, { cause });
  }
}

function valuesOf({
  room,
  sender,
  sentFrom,
  sentBefore,
  words,
  language,
  behind,
  limit,
  maxBytes,
}: SearchQuery): unknown[] {
  const restrictions = [room, sender, sentFrom, sentBefore, words, language];
  const place = [behind?.sentAt, behind?.room, behind?.epoch, behind?.seq];
  return [...restrictions, ...place, limit, maxBytes].map((value) => value ?? null);
}
