import type { Row } from './row.ts';
import { atMost, none, quantile, told } from './row.ts';
import { type Cluster, inCluster } from './cluster.ts';
import { explainPage } from '../support/explain-page.ts';
import pg from 'pg';

const ROOMS = 1000;
const MONTHS = 60;
const EPOCH = 'pagetest';
const LIMIT = 50;
const MAX_BYTES = 256 * 1024;
const P99 = 0.99;
const BAR_MS = 20;
const READERS = 4;
const SAMPLES = 4000;
/** Those that are read before anything is measured: what a database that is used has in memory. */
const WARM_UP = 200;
/** A month is filled by itself and attached, as a restored one is: indexes are made once, and nothing is logged that need not be. */
const SETTINGS = {
  wal_level: 'minimal',
  max_wal_senders: '0',
  shared_buffers: '512MB',
  maintenance_work_mem: '512MB',
  max_wal_size: '8GB',
};

const QUERY = 'SELECT number, numbered_at, frame, info_bytes FROM outcry.archive_page($1, $2, $3, $4, $5, $6)';

/** Pages of rooms of an archive of five years, asked for as gateways do. */
export function readPages({ messages }: { readonly messages: number }): Promise<readonly Row[]> {
  return inCluster({ archives: 1, settings: SETTINGS }, async (cluster) => {
    const startedAt = performance.now();
    const owner = await cluster.database.connect();
    await fill(owner, messages);
    const seconds = (performance.now() - startedAt) / 1000;
    const { rows: size } = await owner.query<{ readonly size: string }>(
      'SELECT pg_size_pretty(pg_database_size(current_database())) AS size',
    );
    const perRoom = Math.floor(messages / ROOMS);
    const alone = await measure(cluster, { readers: 1, perRoom });
    const together = await measure(cluster, { readers: READERS, perRoom });
    const plan = await explainPage(owner, ['room 1', EPOCH, null, Math.floor(perRoom / 2), LIMIT, MAX_BYTES]);
    const months = new Set(plan.scans);
    // Those that a page's messages are in.
    const maxMonths = Math.ceil((LIMIT + 1) / (perRoom / MONTHS)) + 1;
    return [
      told(
        `pages: ${String(messages)} rows, ${String(ROOMS)} rooms, ${String(MONTHS)} months`,
        `${size[0]?.size ?? ''}, made in ${seconds.toFixed(0)} s`,
      ),
      atMost(`… p99 of a page of ${String(LIMIT)}, one at a time`, {
        bar: BAR_MS,
        found: quantile(alone, P99),
        unit: 'ms',
      }),
      atMost(`… p99 of a page of ${String(LIMIT)}, ${String(READERS)} at a time`, {
        bar: BAR_MS,
        found: quantile(together, P99),
        unit: 'ms',
      }),
      told('… medians', [alone, together].map((times) => `${quantile(times, 0.5).toFixed(1)} ms`).join(', ')),
      atMost(`… tables that a page looks into, of ${String(MONTHS)}`, {
        bar: maxMonths,
        found: months.size,
        unit: 'months',
      }),
      none(
        '… of them by other than the index of numbers',
        [...months].filter((scan) => !/^messages_\d{4}_\d\d_pkey$/.test(scan)).length,
      ),
      none('… messages missing in that page', LIMIT - plan.rows.filter(({ frame }) => frame !== null).length),
    ];
  });
}

/** As many of each month, in runs of ten of a room, as they are archived. */
async function fill(owner: pg.Client, messages: number): Promise<void> {
  const perMonth = Math.floor(messages / MONTHS);
  for (let month = 0; month < MONTHS; month++) {
    const since = `timestamptz '2021-01-01 00:00+00' + interval '${String(month)} months'`;
    const name = `messages_${String(2021 + Math.floor(month / 12))}_${String((month % 12) + 1).padStart(2, '0')}`;
    // A thousand rooms say ten things in a row each, and then again.
    const n = `${String(month * perMonth)} + i`;
    await owner.query(`
      SET timezone = 'UTC';
      BEGIN;
      CREATE TABLE outcry.${name} (LIKE outcry.messages INCLUDING DEFAULTS);
      INSERT INTO outcry.${name} (room, epoch, seq, sent_at, sender, payload, frame)
      SELECT 'room ' || (n / 10) % ${String(ROOMS)}, '${EPOCH}', (n / ${String(10 * ROOMS)}) * 10 + n % 10 + 1,
        ${since} + (i * (interval '28 days' / ${String(perMonth)})), 'ann ' || n % 97,
        jsonb_build_object('n', n, 'text', repeat(md5(n::text), 1 + n % 4)), decode(repeat(md5(n::text), 3 + n % 8), 'hex')
      FROM (SELECT i, ${n} AS n FROM generate_series(0, ${String(perMonth - 1)}) AS i) AS numbers;
      ALTER TABLE outcry.messages ATTACH PARTITION outcry.${name} FOR VALUES FROM (${since}) TO (${since} + interval '1 month');
      INSERT INTO outcry.archive_spans SELECT room, epoch, min(seq), ${since} FROM outcry.${name} GROUP BY room, epoch;
      COMMIT`);
    if (month % 12 === 11) process.stderr.write(`${String((month + 1) * perMonth)} rows\n`);
  }
  await owner.query('ANALYZE outcry.messages');
}

/** Milliseconds of pages anywhere in any room, as the role of gateways. */
async function measure(
  cluster: Cluster,
  { readers, perRoom }: { readers: number; perRoom: number },
): Promise<readonly number[]> {
  const pool = new pg.Pool({ connectionString: cluster.database.urlOf('outcry_reader'), max: readers });
  const times: number[] = [];
  let asked = 0;
  const read = async (): Promise<void> => {
    for (; asked < SAMPLES + WARM_UP;) {
      asked += 1;
      const isWarm = asked > WARM_UP;
      const room = `room ${String(Math.floor(Math.random() * ROOMS))}`;
      const before = 1 + Math.floor(Math.random() * perRoom);
      const startedAt = performance.now();
      await pool.query({ name: 'archive_page', text: QUERY, values: [room, EPOCH, null, before, LIMIT, MAX_BYTES] });
      if (isWarm) times.push(performance.now() - startedAt);
    }
  };
  await Promise.all(Array.from({ length: readers }, read));
  await pool.end();
  return times;
}
