import { setTimeout as delay } from 'node:timers/promises';

import type pg from 'pg';

import { checkTable } from './check-table.ts';
import { inCluster, metricOf } from './cluster.ts';
import { Listeners } from './listeners.ts';
import { atLeast, atMost, none, quantile, type Row, told } from './row.ts';
import { Talkers } from './talkers.ts';
import { until } from './until.ts';

const LISTENERS = 50;
const P99 = 0.99;
/** Of the p99 before, and in milliseconds beside it: what a clock of whole milliseconds and a busy machine make of one. */
const MAX_P99_RATIO = 1.2;
const MAX_P99_MORE_MS = 3;
const CATCH_UP_BAR_MS = 120_000;
const CATCH_UP_DEADLINE_MS = 600_000;

export interface AwayOptions {
  readonly rooms: number;
  readonly rate: number;
  readonly seconds: number;
  /** Before the database goes, for comparison. */
  readonly secondsBefore: number;
}

/** PostgreSQL goes away and comes back: clients notice nothing, and nothing is missing. */
export function stayAway({ rooms, rate, seconds, secondsBefore }: AwayOptions): Promise<readonly Row[]> {
  return inCluster({ gateways: 1, archives: 1 }, async (cluster) => {
    const talkers = new Talkers({ rooms, rate, urls: () => cluster.urls });
    const [gateway] = cluster.gateways;
    if (gateway === undefined) throw new Error('expected a gateway');
    talkers.start();
    const listeners = await Listeners.join(gateway.url, talkers.rooms.slice(0, LISTENERS));
    try {
      // What is compiled at the first use is not what is measured.
      await delay((secondsBefore * 1000) / 2);
      listeners.take();
      await delay(secondsBefore * 1000);
      const before = quantile(listeners.take(), P99);
      await cluster.postgres.crash();
      await delay(seconds * 1000);
      const during = listeners.take();
      const unarchived = await metricOf(gateway, 'outcry_gateway_unarchived_messages_total');
      await cluster.postgres.restart();
      const owner = await cluster.database.connect();
      // Live traffic goes on meanwhile: what was said in the last second is on its way.
      const caughtUpMs = await until(async () => (await countArchived(owner)) >= talkers.acknowledged - rate, {
        what: 'the archive has caught up',
        deadlineMs: CATCH_UP_DEADLINE_MS,
      });
      await talkers.stop();
      await cluster.untilArchived(talkers.rooms, CATCH_UP_DEADLINE_MS);
      const check = await checkTable(owner, talkers.ledgers);
      const bar = Math.max(before * MAX_P99_RATIO, before + MAX_P99_MORE_MS);
      return [
        told(
          `away: PostgreSQL for ${String(seconds)} s, ${String(rate)} messages/s wanted`,
          `${talkers.rate.toFixed(0)} messages/s`,
        ),
        atLeast('… acknowledged', { bar: (rate * seconds) / 2, found: talkers.acknowledged, unit: 'messages' }),
        told('… p99 of deliveries before', `${String(before)} ms`),
        atMost('… p99 of deliveries meanwhile', { bar, found: quantile(during, P99), unit: 'ms' }),
        none('… said and not acknowledged', talkers.said - talkers.acknowledged),
        none('… past the bound of what is kept until it is archived', unarchived),
        atMost('… caught up, under the same load', {
          bar: CATCH_UP_BAR_MS / 1000,
          found: caughtUpMs / 1000,
          unit: 's',
        }),
        ...check.rows,
      ];
    } finally {
      listeners.end();
      talkers.end();
    }
  });
}

/** Of rooms whose numbering has not ended. */
async function countArchived(owner: pg.ClientBase): Promise<number> {
  const { rows } = await owner.query<{ readonly sum: string }>(
    'SELECT coalesce(sum(seq), 0) AS sum FROM outcry.archive_cursors',
  );
  return Number(rows[0]?.sum);
}
