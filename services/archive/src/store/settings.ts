import { boolean, integer, optionalText, type SettingValues, text } from '@outcry/config';

import type { PostgresOptions } from './postgres/postgres-archive.ts';
import type { SearchIndex } from './postgres/search-indexes.ts';

const POSTGRES_URL = {
  pattern: /^postgres(ql)?:\/\/\S+$/,
  accepts: '`postgres://user:password@host:port/database`',
};

const INDEX = '(time|sender|text:[a-z][a-z0-9_]{0,31})';
const SEARCH_INDEXES = {
  pattern: new RegExp(`^${INDEX}(,${INDEX})*$`),
  accepts: '`time`, `sender`, `text:` and a text search configuration of PostgreSQL (`text:english`), comma-separated',
  isList: true,
};

/** Where messages are kept. */
export const STORE_SETTINGS = {
  OUTCRY_ARCHIVE_URL: text(POSTGRES_URL, { meaning: 'The database of the archive.' }),
  OUTCRY_ARCHIVE_CONNECTIONS: integer({
    meaning: 'Connections to the database.',
    min: 1,
    max: 64,
    default: 4,
  }),
  OUTCRY_ARCHIVE_MIGRATE: boolean({
    meaning:
      'Makes the schema `outcry`, or brings it up to date, at the start; needs an owner of the database. `false` only looks whether it is there.',
    default: true,
  }),
  OUTCRY_ARCHIVE_SEARCH_INDEXES: optionalText(SEARCH_INDEXES, {
    meaning:
      'What is indexed for `POST /api/search` (docs/ARCHIVE.md): each costs some of the rate at which is written. Made beside what goes on, by a service with OUTCRY_ARCHIVE_MIGRATE; none is ever taken away.',
  }),
} as const;

type Settings = SettingValues<typeof STORE_SETTINGS>;

export function postgresOptionsOf(settings: Settings): PostgresOptions {
  return {
    url: settings.OUTCRY_ARCHIVE_URL,
    maxConnections: settings.OUTCRY_ARCHIVE_CONNECTIONS,
    mustMigrate: settings.OUTCRY_ARCHIVE_MIGRATE,
    searchIndexes: (settings.OUTCRY_ARCHIVE_SEARCH_INDEXES?.split(',') ?? []) as SearchIndex[],
  };
}

export function problemsOfSearchIndexes(settings: Settings): readonly string[] {
  const { OUTCRY_ARCHIVE_SEARCH_INDEXES: indexes, OUTCRY_ARCHIVE_MIGRATE: mustMigrate } = settings;
  if (indexes === undefined || mustMigrate) return [];
  return ['OUTCRY_ARCHIVE_SEARCH_INDEXES: only an owner of the database makes indexes: OUTCRY_ARCHIVE_MIGRATE=true'];
}
