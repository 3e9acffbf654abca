import { setTimeout as sleep } from 'node:timers/promises';

import { createRedisBackplane } from '@outcry/broker';

import { median } from '../measure/median.ts';
import { redisCpuSeconds, redisScripts } from '../measure/redis-stats.ts';
import { Scope } from '../measure/scope.ts';
import { bars } from '../report/bars.ts';
import type { Report, Row } from '../report/report.ts';
import type { Experiment } from './experiment.ts';

const GATEWAYS = [10, 100, 1000];
export const PROMISED = 1000;
/** Of a core of each Redis, with as many as that. */
export const MAX_SHARE = 0.05;
/** As gateways do it (services/gateway/src/cluster/attendance.ts). */
const ATTENDANCE = { everyMs: 2000, leaseMs: 6000 } as const;
const REPORT = JSON.stringify({
  node: 'gateway-0000',
  startedAt: Date.now(),
  connections: 10_000,
  rooms: 1_000,
  books: 0,
  isReady: true,
});
/** Gateways that start at a time: a thousand at once would be refused by the queue of connections that Redis has. */
const AT_A_TIME = 20;
/** A few times of the longest that anything is done again after. */
const MEASURE_MS = 12_000;
const QUICK_MS = 4000;

/**
 * What gateways cost Redis by being there: connections and their pings, probes of what is heard, leases of presence, the roster,
 * the channels that every gateway listens to. They are backplanes as gateways have them, without clients.
 */
export const ROLL_CALL: Experiment = {
  name: 'roll-call',
  summary: `up to ${String(PROMISED)} gateways that only say that they are there: what Redis has to do`,
  run: async (context) => {
    const rows: Row[] = [];
    for (const gateways of GATEWAYS) {
      const shares: number[] = [];
      const servers = [context.redisUrl];
      for (let round = 1; round <= context.rounds; round += 1) {
        const { share } = await Scope.run((scope) => callRoll(scope, gateways, { ...context, servers }));
        shares.push(share);
        context.progress(
          `roll-call, round ${String(round)}: ${String(gateways)} gateways, ${(share * 100).toFixed(2)} % of a core`,
        );
      }
      const share = median(shares);
      rows.push({ contestant: String(gateways), share, each: (share * 1_000_000) / gateways });
    }
    return createReport(rows);
  },
};

export interface RollCallPlace {
  /** By which gateways find Redis. */
  readonly redisUrl: string;
  /** Of each server by itself. */
  readonly servers: readonly string[];
  readonly isQuick: boolean;
}

export interface RollCallCost {
  /** Of a core, all servers together. */
  readonly share: number;
  /** Of a core, the server that had most to do. */
  readonly most: number;
  /** Scripts that were run in a second: fewer than were due where the gateways could not keep up. */
  readonly scripts: number;
}

/** What Redis has to do for so many gateways that are only there. */
export async function callRoll(
  scope: Scope,
  gateways: number,
  { redisUrl, servers, isQuick }: RollCallPlace,
): Promise<RollCallCost> {
  for (let started = 0; started < gateways; started += AT_A_TIME) {
    const some = Array.from({ length: Math.min(AT_A_TIME, gateways - started) }, (_, i) =>
      openGateway(redisUrl, started + i),
    );
    for (const gateway of await Promise.all(some)) scope.hold(gateway);
  }
  // Whoever comes looks after the others once.
  await sleep(ATTENDANCE.leaseMs);
  const beganAt = performance.now();
  const before = await Promise.all(servers.map(readUse));
  await sleep(isQuick ? QUICK_MS : MEASURE_MS);
  const after = await Promise.all(servers.map(readUse));
  const seconds = (performance.now() - beganAt) / 1000;
  const shares = after.map(({ cpu }, i) => (cpu - (before[i]?.cpu ?? 0)) / seconds);
  const scripts = after.map((now, i) => (now.scripts - (before[i]?.scripts ?? 0)) / seconds);
  return { share: sum(shares), most: Math.max(...shares), scripts: sum(scripts) };
}

async function readUse(url: string): Promise<{ readonly cpu: number; readonly scripts: number }> {
  return { cpu: await redisCpuSeconds(url), scripts: await redisScripts(url) };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** With one user in one room: the lease of its presence is renewed, too. */
async function openGateway(url: string, index: number): Promise<AsyncDisposable> {
  const ignore = (): void => undefined;
  const id = `run-${String(index)}`;
  const backplane = createRedisBackplane({ url });
  await backplane.start({ handleMessage: ignore, handleSignal: ignore, handleReset: ignore, handleStatus: ignore });
  await backplane.presence.start({
    handleMember: ignore,
    handleReaped: ignore,
    handleRestored: ignore,
    handleFault: ignore,
  });
  await backplane.control.watch(ignore);
  await backplane.revocations.watch(ignore);
  backplane.presence.add('lobby', `user-${String(index)}`);
  const attend = (): Promise<unknown> => backplane.nodes.attend({ id, report: REPORT }, ATTENDANCE.leaseMs);
  await attend();
  // Where Redis or this process cannot keep up there is another time, as for a gateway.
  const timer = setInterval(() => void attend().catch(ignore), ATTENDANCE.everyMs);
  return {
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer);
      await backplane.nodes.leave(id);
      await backplane.close();
    },
  };
}

function createReport(rows: readonly Row[]): Report {
  return {
    title: 'Roll-call: gateways without clients, and what Redis has to do for them',
    columns: [
      { key: 'contestant', title: 'gateways' },
      { key: 'share', title: 'Redis, of a core', digits: 3 },
      { key: 'each', title: 'µs/s for each', digits: 0 },
    ],
    rows,
    bounds: [
      {
        what: `Redis with ${String(PROMISED)} gateways, of a core`,
        limit: MAX_SHARE,
        measured: rows.find(({ contestant }) => contestant === String(PROMISED))?.['share'] as number | undefined,
      },
    ],
    chart: bars({
      title: 'Redis with gateways that only say that they are there',
      rows,
      value: 'each',
      axis: 'CPU µs per second and gateway',
    }),
  };
}
