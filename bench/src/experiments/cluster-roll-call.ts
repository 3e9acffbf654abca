import { RedisNodes } from '@outcry/testkit';

import { median } from '../measure/median.ts';
import { Scope } from '../measure/scope.ts';
import { bars } from '../report/bars.ts';
import type { Report, Row } from '../report/report.ts';
import type { Experiment } from './experiment.ts';
import { callRoll, MAX_SHARE, PROMISED, type RollCallCost } from './roll-call.ts';

const PRIMARIES = 3;
/** More would be as much for the process that plays them as for Redis: each has 64 leases to renew. */
const MOST = 300;
const GATEWAYS = [10, 100, MOST];
/** As many as a machine with other work carries. */
const QUICK_GATEWAYS = [10, 100];
/** What a gateway costs falls with their number, so so many may cost their part of what is promised at the most. */
const MAX_SHARE_OF_MOST = (MAX_SHARE * MOST) / PROMISED;

/** The same as `roll-call`, where each of 64 partitions may go to another server, and has a lease of its own (decisions/0092). */
export const CLUSTER_ROLL_CALL: Experiment = {
  name: 'cluster-roll-call',
  summary: `the same with a Redis Cluster of ${String(PRIMARIES)}`,
  run: async ({ rounds, isQuick, progress }) => {
    const rows: Row[] = [];
    for (const gateways of isQuick ? QUICK_GATEWAYS : GATEWAYS) {
      const costs: RollCallCost[] = [];
      for (let round = 1; round <= rounds; round += 1) {
        const cost = await Scope.run(async (scope) => {
          const redis = scope.hold(await RedisNodes.start({ primaries: PRIMARIES }));
          const servers = redis.primaries.map(({ process }) => process.url);
          return callRoll(scope, gateways, { redisUrl: redis.url, servers, isQuick });
        });
        costs.push(cost);
        const [share, most] = [cost.share, cost.most].map((part) => (part * 100).toFixed(2));
        progress(
          `cluster-roll-call, round ${String(round)}: ${String(gateways)} gateways, ${cost.scripts.toFixed(0)} scripts/s, ` +
            `${share ?? ''} % of a core, ${most ?? ''} % at the busiest`,
        );
      }
      const [share, most, scripts] = [
        costs.map((cost) => cost.share),
        costs.map((cost) => cost.most),
        costs.map((cost) => cost.scripts),
      ].map(median) as [number, number, number];
      rows.push({ contestant: String(gateways), scripts, share, most, each: (share * 1_000_000) / gateways });
    }
    return createReport(rows);
  },
};

function createReport(rows: readonly Row[]): Report {
  return {
    title: `Cluster-roll-call: gateways without clients, and what a Redis Cluster of ${String(PRIMARIES)} has to do for them`,
    columns: [
      { key: 'contestant', title: 'gateways' },
      { key: 'scripts', title: 'scripts/s', digits: 0 },
      { key: 'share', title: 'all servers, of a core', digits: 3 },
      { key: 'most', title: 'the busiest', digits: 3 },
      { key: 'each', title: 'µs/s for each', digits: 0 },
    ],
    rows,
    bounds: [
      {
        what: `the busiest server with ${String(MOST)} gateways, of a core, as a part of what ${String(PROMISED)} may cost`,
        limit: MAX_SHARE_OF_MOST,
        measured: rows.find(({ contestant }) => contestant === String(MOST))?.['most'] as number | undefined,
      },
    ],
    chart: bars({
      title: 'A Redis Cluster with gateways that only say that they are there',
      rows,
      value: 'each',
      axis: 'CPU µs per second and gateway, all servers together',
    }),
  };
}
