import { setTimeout as sleep } from 'node:timers/promises';

import { type Backplane, createRedisBackplane, PARTITION_COUNT, partitionOf } from '@outcry/broker';
import { RedisNodes } from '@outcry/testkit';

import { median, medianByRound } from '../measure/median.ts';
import { redisCpuSeconds } from '../measure/redis-stats.ts';
import { createHead, HISTORY } from '../measure/room-writer.ts';
import { Scope } from '../measure/scope.ts';
import { bars } from '../report/bars.ts';
import type { Report, Row } from '../report/report.ts';
import type { Experiment } from './experiment.ts';

const PRIMARIES = [1, 2, 3];
/** Messages a second that each primary gets, however many there are: one that has less to do pays more for each. */
const RATE_OF_EACH = 1000;
/** Of what a message costs one primary alone. */
const MAX_RATIO = 1.1;
const RETENTION = { count: HISTORY, ms: 3_600_000, bytes: 1024 * 1024 };
const WARM_MS = 3000;
const MEASURE_MS = 10_000;
const QUICK_MS = 3000;
const TICK_MS = 1;
const MICROS = 1_000_000;

interface Cost {
  /** CPU µs of all primaries together for each message. */
  readonly each: number;
  /** CPU µs, of the primary to which a message cost most. */
  readonly most: number;
}

/** Whether a Redis Cluster of more servers does more: a message must not cost more because there are others. */
export const PRIMARIES_EXPERIMENT: Experiment = {
  name: 'primaries',
  summary: `a Redis Cluster of one, two and three primaries with ${String(RATE_OF_EACH)} messages/s each: CPU of Redis per message`,
  run: async ({ rounds, isQuick, progress }) => {
    const costs = new Map<number, Cost[]>(PRIMARIES.map((primaries) => [primaries, []]));
    for (let round = 1; round <= rounds; round += 1) {
      for (const [primaries, own] of costs) {
        const cost = await Scope.run((scope) => measure(scope, primaries, isQuick ? QUICK_MS : MEASURE_MS));
        own.push(cost);
        const shown = `${cost.each.toFixed(1)} µs per message, ${cost.most.toFixed(1)} at the dearest`;
        progress(`primaries, round ${String(round)}: ${String(primaries)}, ${shown}`);
      }
    }
    const alone = (costs.get(1) ?? []).map(({ each }) => each);
    const rows = [...costs].map(([primaries, own]) => ({
      contestant: String(primaries),
      rate: primaries * RATE_OF_EACH,
      each: median(own.map(({ each }) => each)),
      most: median(own.map(({ most }) => most)),
      ratio: medianByRound(
        own.map(({ each }) => each),
        alone,
        (cost, reference) => cost / reference,
      ),
    }));
    return createReport(rows);
  },
};

async function measure(scope: Scope, primaries: number, lastsMs: number): Promise<Cost> {
  const redis = scope.hold(await RedisNodes.start({ primaries }));
  const [writer, listener] = [await openNode(scope, redis.url), await openNode(scope, redis.url)];
  const rooms = roomsInTurn(primaries);
  await Promise.all(rooms.map((room) => listener.broker.join(room)));
  await publish(writer, rooms, { rate: primaries * RATE_OF_EACH, lastsMs: WARM_MS });
  const urls = redis.primaries.map(({ process }) => process.url);
  const before = await Promise.all(urls.map(redisCpuSeconds));
  const messages = await publish(writer, rooms, { rate: primaries * RATE_OF_EACH, lastsMs });
  const after = await Promise.all(urls.map(redisCpuSeconds));
  const used = after.map((seconds, i) => seconds - (before[i] ?? 0));
  return {
    each: (used.reduce((sum, seconds) => sum + seconds, 0) * MICROS) / messages,
    // Each gets an equal part of them.
    most: (Math.max(...used) * primaries * MICROS) / messages,
  };
}

async function openNode(scope: Scope, url: string): Promise<Backplane> {
  const ignore = (): void => undefined;
  const backplane = createRedisBackplane({ url });
  await backplane.start({ handleMessage: ignore, handleSignal: ignore, handleReset: ignore, handleStatus: ignore });
  scope.hold({ [Symbol.asyncDispose]: () => backplane.close() });
  return backplane;
}

/** A room of each partition, and one of each primary after the other: partitions stand in the order of their slots. */
function roomsInTurn(primaries: number): readonly string[] {
  const rooms = new Map<number, string>();
  for (let i = 0; rooms.size < PARTITION_COUNT; i += 1)
    rooms.set(partitionOf(`room-${String(i)}`), `room-${String(i)}`);
  const share = Math.floor(PARTITION_COUNT / primaries);
  const turns = Array.from({ length: share }, (_, i) =>
    Array.from({ length: primaries }, (_, primary) =>
      rooms.get(Math.ceil((primary * PARTITION_COUNT) / primaries) + i),
    ),
  );
  return turns.flat().filter((room) => room !== undefined);
}

/** At an even pace, to each room in turn. Resolves with how many, when all are acknowledged. */
async function publish(
  { broker }: Backplane,
  rooms: readonly string[],
  { rate, lastsMs }: { rate: number; lastsMs: number },
): Promise<number> {
  const heads = new Map(rooms.map((room) => [room, createHead(room)]));
  const startedAt = performance.now();
  const answers: Promise<unknown>[] = [];
  for (let passedMs = 0; passedMs < lastsMs; passedMs = performance.now() - startedAt) {
    const due = Math.floor((passedMs * rate) / 1000);
    while (answers.length < due) {
      const room = rooms[answers.length % rooms.length] ?? '';
      const head = heads.get(room) ?? new Uint8Array();
      answers.push(broker.publish({ room, head, origin: 'connection-1', retention: RETENTION }));
    }
    await sleep(TICK_MS);
  }
  await Promise.all(answers);
  return answers.length;
}

function createReport(rows: readonly (Row & { contestant: string; ratio: number })[]): Report {
  const ratioOf = (primaries: number): number | undefined =>
    rows.find(({ contestant }) => contestant === String(primaries))?.ratio;
  return {
    title: `Primaries: a Redis Cluster with ${String(RATE_OF_EACH)} messages/s for each of its primaries, two nodes`,
    columns: [
      { key: 'contestant', title: 'primaries' },
      { key: 'rate', title: 'messages/s', digits: 0 },
      { key: 'each', title: 'Redis µs/message', digits: 1 },
      { key: 'most', title: 'at the dearest', digits: 1 },
      { key: 'ratio', title: 'of one' },
    ],
    rows,
    bounds: [2, 3].map((primaries) => ({
      what: `CPU of ${String(primaries)} primaries per message, of that of one`,
      limit: MAX_RATIO,
      measured: ratioOf(primaries),
    })),
    chart: bars({
      title: 'CPU of a Redis Cluster per message',
      rows,
      value: 'each',
      axis: 'CPU µs per message (less is better)',
    }),
  };
}
