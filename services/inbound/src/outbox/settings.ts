import { boolean, integer, optionalText, type SettingValues } from '@outcry/config';

import type { PostgresOptions } from './postgres/postgres-outbox.ts';

const POSTGRES_URL = {
  pattern: /^postgres(ql)?:\/\/\S+$/,
  accepts: '`postgres://user:password@host:port/database`',
};

/** Where the outbox is, and how it is read. */
export const OUTBOX_SETTINGS = {
  OUTCRY_POSTGRES_URL: optionalText(POSTGRES_URL, {
    meaning:
      'The database with the outbox; unset: there is none, and OUTCRY_STREAM_URL or OUTCRY_KAFKA_URL is needed. Not through a pool of transactions: what it says at a commit would be lost.',
  }),
  OUTCRY_POSTGRES_CONNECTIONS: integer({
    meaning: 'Connections to the database, beside the one that listens.',
    min: 1,
    max: 64,
    default: 4,
  }),
  OUTCRY_POSTGRES_MIGRATE: boolean({
    meaning:
      'Makes the schema `outcry`, or brings it up to date, at the start; needs an owner of the database. `false` only looks whether it is there.',
    default: true,
  }),
  OUTCRY_OUTBOX_POLL_MS: integer({
    meaning: 'How often the outbox is looked at where the database says nothing.',
    min: 50,
    max: 60_000,
    default: 1000,
  }),
} as const;

type Settings = SettingValues<typeof OUTBOX_SETTINGS>;

export interface OutboxConfig {
  readonly postgres: PostgresOptions;
  readonly pollMs: number;
}

/** Undefined where there is none to read. */
export function outboxConfigOf(settings: Settings): OutboxConfig | undefined {
  const { OUTCRY_POSTGRES_URL: url } = settings;
  if (url === undefined) return undefined;
  return {
    postgres: {
      url,
      maxConnections: settings.OUTCRY_POSTGRES_CONNECTIONS,
      mustMigrate: settings.OUTCRY_POSTGRES_MIGRATE,
    },
    pollMs: settings.OUTCRY_OUTBOX_POLL_MS,
  };
}
