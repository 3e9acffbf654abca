import { checkTable } from './check-table.ts';
import { type Cluster, inCluster, metricOf } from './cluster.ts';
import { atLeast, none, type Row, told } from './row.ts';
import { Talkers } from './talkers.ts';
import { until } from './until.ts';

const PARTITIONS = 16;
/** Not so short that a process which waits for the processor loses what it archives. */
const LEASES = { archiveLeaseMs: 1500, archiveLeaseRenewMs: 300 };
/** What the other one writes before the frozen one wakes. */
const MESSAGES_MEANWHILE = 200;
const DEADLINE_MS = 60_000;

/**
 * Notes which fence wrote each batch that got in. It is noted while the partition is locked, so in the order in which they did; a batch
 * that is refused takes its note with it.
 */
const WITNESS = `
CREATE UNLOGGED TABLE public.witness (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, partition smallint NOT NULL, fence bigint NOT NULL, application text NOT NULL
);
CREATE SCHEMA unseen;
ALTER FUNCTION outcry.archive_store SET SCHEMA unseen;
CREATE FUNCTION outcry.archive_store(
  partition smallint, fence bigint, rooms text[], epochs text[], seqs bigint[], times bigint[], senders text[], payloads text[],
  frames bytea[], gaps jsonb, cursors jsonb, infos text[], info_bytes bytea[]
) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  stored bigint := unseen.archive_store(
    partition, fence, rooms, epochs, seqs, times, senders, payloads, frames, gaps, cursors, infos, info_bytes);
BEGIN
  INSERT INTO public.witness (partition, fence, application) VALUES (partition, fence, current_setting('application_name'));
  RETURN stored;
END $$;
`;

export interface FrozenOptions {
  readonly times: number;
  readonly rooms: number;
  readonly rate: number;
}

/** Of two archives one is frozen past its lease, again and again, and wakes with what it had in hand. */
export function wakeFrozen(options: FrozenOptions): Promise<readonly Row[]> {
  return inCluster({ gateways: 1, archives: 2, archive: LEASES }, async (cluster) => {
    const owner = await cluster.database.connect();
    await owner.query(WITNESS);
    const { rooms, rate } = options;
    const talkers = new Talkers({ rooms, rate, urls: () => cluster.urls });
    try {
      talkers.start();
      await untilShared(cluster);
      for (let time = 0; time < options.times; time++) await freezeAndWake(cluster, time);
      await talkers.stop();
      await cluster.untilArchived(talkers.rooms, DEADLINE_MS);
      const { rows: late } = await owner.query<{
        readonly late: number;
        readonly batches: number;
        readonly takeovers: number;
      }>(`
        SELECT count(*) FILTER (WHERE fence < highest)::int AS late, count(*) FILTER (WHERE fence > highest)::int AS takeovers,
          count(*)::int AS batches
        FROM (SELECT fence, max(fence) OVER (PARTITION BY partition ORDER BY id ROWS UNBOUNDED PRECEDING EXCLUDE CURRENT ROW) AS highest
          FROM public.witness) w`);
      const check = await checkTable(owner, talkers.ledgers);
      return [
        told(`frozen: one of two archives stopped past its lease and woken`, `${String(options.times)} times`),
        atLeast('… acknowledged', { bar: 1, found: talkers.acknowledged, unit: 'messages' }),
        atLeast('… batches behind a takeover', {
          bar: options.times,
          found: late[0]?.takeovers ?? 0,
          unit: 'partitions',
        }),
        none(
          `… of ${String(late[0]?.batches)} batches, got in behind one of a higher fence`,
          late[0]?.late ?? Infinity,
        ),
        told('… refused by the database for their fence', String(countRefused(cluster))),
        ...check.rows,
      ];
    } finally {
      talkers.end();
    }
  });
}

async function freezeAndWake(cluster: Cluster, time: number): Promise<void> {
  const [frozen, other] = [cluster.archives[time % 2], cluster.archives[(time + 1) % 2]];
  if (frozen === undefined || other === undefined) throw new Error('expected two archives');
  frozen.process.freeze();
  const held = (): Promise<number> => metricOf(other, 'outcry_archive_partitions');
  await until(async () => (await held()) === PARTITIONS, { what: 'the other one has all', deadlineMs: DEADLINE_MS });
  const before = await metricOf(other, 'outcry_archive_rows_total');
  await until(async () => (await metricOf(other, 'outcry_archive_rows_total')) >= before + MESSAGES_MEANWHILE, {
    what: 'the other one writes',
    deadlineMs: DEADLINE_MS,
  });
  frozen.process.thaw();
  await untilShared(cluster);
}

async function untilShared({ archives }: Cluster): Promise<void> {
  await until(
    async () => {
      const counts = await Promise.all(archives.map((each) => metricOf(each, 'outcry_archive_partitions')));
      return counts.every((count) => count === PARTITIONS / 2);
    },
    { what: 'both have half', deadlineMs: DEADLINE_MS },
  );
}

/** As the archives have it in their logs. */
function countRefused({ archives }: Cluster): number {
  const lines = archives.flatMap(({ process }) => process.log.filter(({ msg }) => msg === 'archiving interrupted'));
  return lines.filter((line) => JSON.stringify(line).includes('another service archives partition')).length;
}
