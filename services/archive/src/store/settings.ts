import { boolean, integer, type SettingValues, text } from '@outcry/config';

import type { PostgresOptions } from './postgres/postgres-archive.ts';

const POSTGRES_URL = {
  pattern: /^postgres(ql)?:\/\/\S+$/,
  accepts: '`postgres://user:password@host:port/database`',
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
} as const;

type Settings = SettingValues<typeof STORE_SETTINGS>;

export function postgresOptionsOf(settings: Settings): PostgresOptions {
  return {
    url: settings.OUTCRY_ARCHIVE_URL,
    maxConnections: settings.OUTCRY_ARCHIVE_CONNECTIONS,
    mustMigrate: settings.OUTCRY_ARCHIVE_MIGRATE,
  };
}
