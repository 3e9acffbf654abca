import { OutcryError } from '@outcry/broker';

import type { ArchiveMetrics } from '../observability/archive-metrics.ts';
import {
  type ArchiveSearch,
  SearchError,
  type SearchPage,
  type SearchQuery,
  type SearchRefusal,
} from './archive-search.ts';

/** An archive that is the process's own, and can be searched. It bounds the time of each search by itself. */
export interface SearchedArchive {
  /** @throws OutcryError `unavailable` */
  find(
    query: SearchQuery,
  ): Promise<SearchPage | { readonly refused: 'tooCostly' | 'noLanguage'; readonly why: string }>;
}

/** Made at a time: each takes its share of the loop. */
const MAX_SEARCHES = 2;
const MS_PER_SECOND = 1000;

export interface OwnArchiveSearchParts {
  readonly metrics: Pick<ArchiveMetrics, 'searches' | 'searchSeconds'>;
}

/** Search in the archive of this process. */
export class OwnArchiveSearch implements ArchiveSearch {
  readonly #archive: SearchedArchive;
  readonly #metrics: OwnArchiveSearchParts['metrics'];
  #inFlight = 0;

  constructor(archive: SearchedArchive, { metrics }: OwnArchiveSearchParts) {
    this.#archive = archive;
    this.#metrics = metrics;
  }

  async search(query: SearchQuery): Promise<SearchPage> {
    if (this.#inFlight >= MAX_SEARCHES) {
      throw this.#refuse('tooMany', `${String(MAX_SEARCHES)} searches are made at a time, and are: try again`);
    }
    this.#inFlight += 1;
    const startedAt = performance.now();
    try {
      const found = await this.#archive.find(query);
      if ('refused' in found) throw this.#refuse(found.refused, found.why);
      this.#metrics.searches.labels('answered').inc();
      return found;
    } catch (err) {
      if (!(err instanceof OutcryError)) throw err;
      throw this.#refuse('unavailable', 'the archive cannot be searched now; try again', err);
    } finally {
      this.#inFlight -= 1;
      this.#metrics.searchSeconds.observe((performance.now() - startedAt) / MS_PER_SECOND);
    }
  }

  /** The archive is whoever's who has given it. */
  close(): Promise<void> {
    return Promise.resolve();
  }

  #refuse(code: SearchRefusal, message: string, cause?: unknown): SearchError {
    this.#metrics.searches.labels(code).inc();
    return new SearchError(code, message, { cause });
  }
}
