import { execFile } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

import { Database } from '../support/database.ts';
import { checkTable } from './check-table.ts';
import { type Cluster, inCluster } from './cluster.ts';
import { atLeast, type Row, told } from './row.ts';
import { Talkers } from './talkers.ts';

const DEADLINE_MS = 300_000;
const MAX_DUMP_BYTES = 2 ** 30;

export interface RestoreOptions {
  readonly rooms: number;
  readonly rate: number;
  /** Of each part of the talk. */
  readonly seconds: number;
}

/** The runbook of docs/ARCHIVE.md: a first fill, a move to another database, and a backup that is restored, while people talk. */
export function fillMoveAndRestore({ rooms, rate, seconds }: RestoreOptions): Promise<readonly Row[]> {
  return inCluster({ gateways: 1, archives: 1 }, async (cluster) => {
    const talkers = new Talkers({ rooms, rate, urls: () => cluster.urls });
    const talk = (): Promise<void> => delay(seconds * 1000);
    try {
      // The schema is there; nobody archives yet.
      await stopArchive(cluster);
      talkers.start();
      await talk();
      await startArchiveOn(cluster, cluster.database);
      await talk();
      // A move: stop, copy, start at the new one.
      await stopArchive(cluster);
      const moved = await copyOf(cluster, cluster.database);
      await startArchiveOn(cluster, moved);
      await talk();
      // A backup of a database that is written to meanwhile, and what is said behind it is lost with the database.
      const backup = await copyOf(cluster, moved);
      await talk();
      await stopArchive(cluster);
      await startArchiveOn(cluster, backup);
      await talk();
      await talkers.stop();
      await cluster.untilArchived(talkers.rooms, DEADLINE_MS, backup);
      const check = await checkTable(await backup.connect(), talkers.ledgers);
      return [
        told('restore: a first fill, a move, and a backup that is restored', `${talkers.rate.toFixed(0)} messages/s`),
        atLeast('… acknowledged', { bar: rate * seconds, found: talkers.acknowledged, unit: 'messages' }),
        // What streams had no more when the backup was restored: a gap, and said to be one.
        ...check.rows.map((row) => (row.what.includes('trimmed') ? { ...row, bar: '–', holds: true } : row)),
      ];
    } finally {
      talkers.end();
    }
  });
}

async function stopArchive({ archives }: Cluster): Promise<void> {
  for (const archive of archives.splice(0)) await archive.process.stop();
}

async function startArchiveOn(cluster: Cluster, database: Database): Promise<void> {
  cluster.archives.push(await cluster.startArchive({ archiveUrl: database.urlOf() }));
}

/** As docs/ARCHIVE.md says it. */
async function copyOf({ postgres }: Cluster, database: Database): Promise<Database> {
  const copy = await Database.create(postgres);
  const dump = `pg_dump --schema outcry --dbname "$0" | psql --quiet --set ON_ERROR_STOP=1 --single-transaction --dbname "$1"`;
  await promisify(execFile)('bash', ['-o', 'pipefail', '-c', dump, database.urlOf(), copy.urlOf()], {
    maxBuffer: MAX_DUMP_BYTES,
  });
  return copy;
}
