import { setTimeout as delay } from 'node:timers/promises';

import { readGaps } from '../support/database.ts';
import { checkTable } from './check-table.ts';
import { type Cluster, inCluster } from './cluster.ts';
import { atLeast, none, type Row, told } from './row.ts';
import { Talkers } from './talkers.ts';

const DEADLINE_MS = 300_000;

export interface RebuildOptions {
  readonly rooms: number;
  readonly rate: number;
  /** Of each part of the talk. */
  readonly seconds: number;
}

/**
 * The runbook of docs/ARCHIVE.md: an archive that is lost with all its backups, and begins anew with what streams have, while people
 * talk. What they have no more has to be in `outcry.gaps`, and nothing else.
 */
export function rebuild({ rooms, rate, seconds }: RebuildOptions): Promise<readonly Row[]> {
  return inCluster({ gateways: 1, archives: 1 }, async (cluster) => {
    const talkers = new Talkers({ rooms, rate, urls: () => cluster.urls });
    try {
      talkers.start();
      await delay(seconds * 1000);
      const owner = await cluster.database.connect();
      const { rows } = await owner.query<{ count: string }>('SELECT count(*) FROM outcry.messages');
      // As docs/ARCHIVE.md says it.
      for (const archive of cluster.archives.splice(0)) await archive.process.stop();
      await owner.query('DROP SCHEMA outcry CASCADE');
      cluster.archives.push(await cluster.startArchive());
      await delay(seconds * 1000);
      await talkers.stop();
      await cluster.untilArchived(talkers.rooms, DEADLINE_MS);
      const check = await checkTable(owner, talkers.ledgers);
      return [
        told('rebuild: the schema is dropped, and the service starts', `${talkers.rate.toFixed(0)} messages/s`),
        atLeast('… archived before that, and gone with it', {
          bar: 1,
          found: Number(rows[0]?.count),
          unit: 'messages',
        }),
        atLeast('… acknowledged', { bar: rate * seconds, found: talkers.acknowledged, unit: 'messages' }),
        // Of each room no more than its first numbers: those that its stream had no more when the service started.
        none('… gaps that are not before the first row of a room', await countGapsBehind(cluster)),
        ...check.rows.map((row) => (row.what.includes('trimmed') ? { ...row, bar: '–', holds: true } : row)),
      ];
    } finally {
      talkers.end();
    }
  });
}

async function countGapsBehind({ database }: Cluster): Promise<number> {
  const owner = await database.connect();
  const { rows } = await owner.query<{ room: string; first: string }>(
    'SELECT room, min(seq) AS first FROM outcry.messages GROUP BY room',
  );
  const firsts = new Map(rows.map(({ room, first }) => [room, Number(first)]));
  const gaps = (await readGaps(owner)) as readonly { room: string; first: number; last: number | null }[];
  return gaps.filter(({ room, first, last }) => first !== 1 || (last ?? Infinity) !== (firsts.get(room) ?? NaN) - 1)
    .length;
}
