import { OutcryError } from '@outcry/broker';
import type { ClientBase } from 'pg';

import { MIGRATIONS } from './migrations.ts';

const VERSIONS = `
CREATE SCHEMA IF NOT EXISTS outcry;
CREATE TABLE IF NOT EXISTS outcry.migrations (version integer PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now());
CREATE OR REPLACE FUNCTION outcry.version() RETURNS integer LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS 'SELECT coalesce(max(version), 0) FROM outcry.migrations';
REVOKE ALL ON outcry.migrations FROM PUBLIC;
`;

/**
 * Brings the database to the version of this service, in one transaction; of several that start together one does it, and the
 * others find it done. Whoever is newer than this service is left as it is: a rollout has both for a while.
 */
export async function migrate(client: ClientBase): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query(`SELECT pg_advisory_xact_lock(hashtext('outcry.migrations'), 0)`);
    if ((await readVersion(client)) < MIGRATIONS.length) {
      await client.query(VERSIONS);
      const version = await readVersion(client);
      for (const [i, step] of MIGRATIONS.entries()) {
        if (i < version) continue;
        await client.query(step);
        await client.query('INSERT INTO outcry.migrations (version) VALUES ($1)', [i + 1]);
      }
    }
    await client.query('COMMIT');
  } catch (err) {
    await client.query('ROLLBACK');
    throw err;
  }
}

/** @throws OutcryError `badConfig` where the database is older than this service */
export async function assertMigrated(client: ClientBase): Promise<void> {
  const version = await readVersion(client);
  if (version >= MIGRATIONS.length) return;
  const found = version === 0 ? 'no schema outcry' : `the schema outcry in version ${String(version)}`;
  const wanted = String(MIGRATIONS.length);
  throw new OutcryError(
    'badConfig',
    `the database has ${found}, and this service needs version ${wanted}: start it once with OUTCRY_POSTGRES_MIGRATE=true as the owner`,
  );
}

async function readVersion(client: ClientBase): Promise<number> {
  const { rows } = await client.query<{ readonly is: boolean }>(
    `SELECT to_regprocedure('outcry.version()') IS NOT NULL AS is`,
  );
  if (rows[0]?.is !== true) return 0;
  const { rows: versions } = await client.query<{ readonly version: number }>('SELECT outcry.version() AS version');
  return versions[0]?.version ?? 0;
}
