import { setTimeout as delay } from 'node:timers/promises';

import { checkTable } from './check-table.ts';
import { type Cluster, inCluster, kill } from './cluster.ts';
import { atLeast, atMost, type Row, told } from './row.ts';
import { Talkers } from './talkers.ts';

const GATEWAYS = 2;
const ARCHIVES = 2;
/** How long one is missed before somebody starts it again. */
const AWAY_MS = 1000;
/** Of the file of a Redis whose machine goes with it: what it wrote in about the last tenth of a second. */
const CUT_BYTES = 256 * 1024;
const CATCH_UP_BAR_MS = 120_000;
const CATCH_UP_DEADLINE_MS = 600_000;

export interface KillsOptions {
  readonly rooms: number;
  readonly rate: number;
  readonly seconds: number;
  readonly secondsBetweenKills: number;
}

type Kill = (cluster: Cluster, turn: number) => Promise<void>;

/** Each kills by `kill -9`, and starts again what it killed. */
const KILLS: Readonly<Record<string, Kill>> = {
  archiver: async (cluster, turn) => {
    const place = turn % cluster.archives.length;
    const [killed] = cluster.archives.splice(place, 1);
    if (killed !== undefined) await kill(killed);
    await delay(AWAY_MS);
    cluster.archives.splice(place, 0, await cluster.startArchive());
  },
  PostgreSQL: async ({ postgres }) => {
    await postgres.crash();
    await delay(AWAY_MS);
    await postgres.restart();
  },
  Redis: async ({ redis }) => {
    await redis.kill();
    await delay(AWAY_MS);
    await redis.restart();
  },
  gateway: async (cluster, turn) => {
    const place = turn % cluster.gateways.length;
    const [killed] = cluster.gateways.splice(place, 1);
    if (killed !== undefined) await kill(killed);
    await delay(AWAY_MS);
    cluster.gateways.splice(place, 0, await cluster.startGateway());
  },
  'Redis and the end of its file': async ({ redis }) => {
    await redis.kill();
    redis.cutFile(CUT_BYTES);
    await delay(AWAY_MS);
    await redis.restart();
  },
};

/** Everybody speaks while everything is killed in turn; then the table has to have what was acknowledged. */
export function surviveKills(options: KillsOptions): Promise<readonly Row[]> {
  return inCluster({ gateways: GATEWAYS, archives: ARCHIVES }, (cluster) => killInTurn(cluster, options));
}

async function killInTurn(cluster: Cluster, options: KillsOptions): Promise<readonly Row[]> {
  const { rooms, rate, seconds, secondsBetweenKills } = options;
  const talkers = new Talkers({ rooms, rate, urls: () => cluster.urls });
  try {
    talkers.start();
    const killed: string[] = [];
    const endAt = performance.now() + seconds * 1000;
    for (let turn = 0; performance.now() + secondsBetweenKills * 1000 < endAt; turn++) {
      await delay(secondsBetweenKills * 1000);
      const [name, strike] = Object.entries(KILLS)[turn % Object.keys(KILLS).length] ?? [];
      if (name === undefined || strike === undefined) throw new Error('expected something to kill');
      process.stderr.write(`${String(talkers.acknowledged)} acknowledged, kill -9 of ${name}\n`);
      await strike(cluster, Math.floor(turn / Object.keys(KILLS).length));
      killed.push(name);
    }
    await delay(Math.max(0, endAt - performance.now()));
    await talkers.stop();
    const caughtUpMs = await cluster.untilArchived(talkers.rooms, CATCH_UP_DEADLINE_MS);
    const check = await checkTable(await cluster.database.connect(), talkers.ledgers);
    const counts = Object.keys(KILLS).map(
      (name) => `${String(killed.filter((each) => each === name).length)} × ${name}`,
    );
    const what = `kills: ${String(rooms)} rooms for ${String(seconds)} s, ${String(rate)} messages/s wanted`;
    return [
      told(what, `${talkers.rate.toFixed(0)} messages/s`),
      told('… kill -9', counts.join(', ')),
      atLeast('… acknowledged', { bar: (rate * seconds) / 2, found: talkers.acknowledged, unit: 'messages' }),
      ...check.rows,
      atMost('… caught up behind the last message', {
        bar: CATCH_UP_BAR_MS / 1000,
        found: caughtUpMs / 1000,
        unit: 's',
      }),
    ];
  } finally {
    talkers.end();
  }
}
