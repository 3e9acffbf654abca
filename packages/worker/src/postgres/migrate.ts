import { OutcryError } from '@outcry/broker';
import type { ClientBase } from 'pg';

/** What a part of the schema `outcry` is made of. Each part has its own versions: one database may have several. */
export interface Migrations {
  /** The table in which it is written which steps were taken. Letters and underscores. */
  readonly table: string;
  /** The function that tells the version. Letters and underscores. */
  readonly version: string;
  /** A step for each version; one that has been shipped is never changed. */
  readonly steps: readonly string[];
  /** The setting by which somebody who may not make it lets an owner of the database do that. */
  readonly setting: string;
}

const versionsOf = ({ table, version }: Migrations): string => `
CREATE SCHEMA IF NOT EXISTS outcry;
CREATE TABLE IF NOT EXISTS outcry.${table} (version integer PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now());
CREATE OR REPLACE FUNCTION outcry.${version}() RETURNS integer LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS 'SELECT coalesce(max(version), 0) FROM outcry.${table}';
REVOKE ALL ON outcry.${table} FROM PUBLIC;
`;

/**
 * Brings the database to the version of this service, in one transaction; of several that start together one does it, and the
 * others find it done. Whoever is newer than this service is left as it is: a rollout has both for a while.
 */
export async function migrate(client: ClientBase, migrations: Migrations): Promise<void> {
  await client.query('BEGIN');
  try {
    // One lock for all parts: they share the schema that the first of them makes.
    await client.query(`SELECT pg_advisory_xact_lock(hashtext('outcry.migrations'), 0)`);
    if ((await readVersion(client, migrations)) < migrations.steps.length) {
      await client.query(versionsOf(migrations));
      const version = await readVersion(client, migrations);
      for (const [i, step] of migrations.steps.entries()) {
        if (i < version) continue;
        await client.query(step);
        await client.query(`INSERT INTO outcry.${migrations.table} (version) VALUES ($1)`, [i + 1]);
      }
    }
    await client.query('COMMIT');
  } catch (err) {
    await client.query('ROLLBACK');
    throw err;
  }
}

/** @throws OutcryError `badConfig` where the database is older than this service */
export async function assertMigrated(client: ClientBase, migrations: Migrations): Promise<void> {
  const version = await readVersion(client, migrations);
  if (version >= migrations.steps.length) return;
  const found = version === 0 ? 'no schema outcry' : `the schema outcry in version ${String(version)}`;
  const wanted = String(migrations.steps.length);
  throw new OutcryError(
    'badConfig',
    `the database has ${found}, and this service needs version ${wanted}: start it once with ${migrations.setting}=true as the owner`,
  );
}

async function readVersion(client: ClientBase, { version }: Migrations): Promise<number> {
  const { rows } = await client.query<{ readonly is: boolean }>(
    `SELECT to_regprocedure('outcry.${version}()') IS NOT NULL AS is`,
  );
  if (rows[0]?.is !== true) return 0;
  const { rows: versions } = await client.query<{ readonly version: number }>(`SELECT outcry.${version}() AS version`);
  return versions[0]?.version ?? 0;
}
