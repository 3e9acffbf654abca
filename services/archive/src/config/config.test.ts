import { ConfigError } from '@outcry/config';
import { describe, expect, it } from 'vitest';

import { loadArchiveConfig } from './config.ts';

const URL = 'postgres://outcry@db:5432/archive';

function problemsOf(environment: Record<string, string>): readonly string[] {
  try {
    loadArchiveConfig(environment);
  } catch (err) {
    if (err instanceof ConfigError) return err.problems;
    throw err;
  }
  return [];
}

describe('loadArchiveConfig', () => {
  it('needs the database, and nothing else', () => {
    expect(loadArchiveConfig({ OUTCRY_ARCHIVE_URL: URL }).config).toEqual({
      logLevel: 'info',
      internal: { host: '127.0.0.1', port: 8081 },
      redis: { url: 'redis://127.0.0.1:6379', prefix: 'outcry', startTimeoutMs: 300_000, requiresReplicas: false },
      postgres: { url: URL, maxConnections: 4, mustMigrate: true, searchIndexes: [] },
      archiving: { pollMs: 1000, gatherMs: 100 },
      leases: { leaseMs: 3000, renewMs: 1000 },
    });
  });

  it.each([
    [{}, ['OUTCRY_ARCHIVE_URL: required']],
    [{ OUTCRY_ARCHIVE_URL: 'postgres://[::x/y' }, ['OUTCRY_ARCHIVE_URL: is no URL']],
    [
      { OUTCRY_ARCHIVE_URL: URL, OUTCRY_ARCHIVE_LEASE_MS: '600', OUTCRY_ARCHIVE_LEASE_RENEW_MS: '301' },
      ['OUTCRY_ARCHIVE_LEASE_MS: at least twice OUTCRY_ARCHIVE_LEASE_RENEW_MS'],
    ],
    [
      { OUTCRY_ARCHIVE_URL: URL, OUTCRY_ARCHIVE_MIGRATE: 'false', OUTCRY_ARCHIVE_SEARCH_INDEXES: 'time' },
      ['OUTCRY_ARCHIVE_SEARCH_INDEXES: only an owner of the database makes indexes: OUTCRY_ARCHIVE_MIGRATE=true'],
    ],
    [
      { OUTCRY_ARCHIVE_URL: URL, OUTCRY_ARCHIVE_SEARCH_INDEXES: `time,text:english');` },
      [
        'OUTCRY_ARCHIVE_SEARCH_INDEXES: expected `time`, `sender`, `text:` and a text search configuration of PostgreSQL (`text:english`), comma-separated',
      ],
    ],
    [
      { OUTCRY_ENV: 'production', OUTCRY_ARCHIVE_URL: 'postgres://outcry@db.example.com/a' },
      [
        'OUTCRY_ARCHIVE_URL: a database at a public address needs a password',
        'OUTCRY_ARCHIVE_URL: a database at a public address needs TLS (?sslmode=verify-full)',
      ],
    ],
  ])('refuses %j', (environment: Record<string, string>, problems) => {
    expect(problemsOf(environment)).toEqual(problems);
  });
});
