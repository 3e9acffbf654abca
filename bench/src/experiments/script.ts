import { setTimeout as sleep } from 'node:timers/promises';

import { openLeastWriter } from '../measure/least-writer.ts';
import { median, medianByRound } from '../measure/median.ts';
import { redisCpuSeconds } from '../measure/redis-stats.ts';
import { openOutcryWriter, type RoomWriter } from '../measure/room-writer.ts';
import { Scope } from '../measure/scope.ts';
import { bars } from '../report/bars.ts';
import type { Report, Row } from '../report/report.ts';
import type { Experiment, ExperimentContext } from './experiment.ts';

const MESSAGES_PER_SECOND = 5000;
const MAX_RATIO = 1.3;
const MICROS = 1_000_000;
/** Writers take turns this often within a round: what else the machine does falls on all of them. */
const TURNS = 10;
const QUICK_TURNS = 3;
const TURN_MS = 400;
const TICK_MS = 1;

/** What numbering by epochs, keys of idempotency, bounds and times to live cost the one thread that Redis has. */
export const SCRIPT: Experiment = {
  name: 'script',
  summary: 'CPU of Redis per stored message, against the least script that numbers, stores and hands on',
  run: (context) =>
    Scope.run(async (scope) => {
      const { redisUrl, rounds, progress } = context;
      const least = scope.hold(await openLeastWriter(redisUrl));
      const writers: RoomWriter[] = [least];
      for (const isSpread of [false, true]) {
        for (const hasKey of [false, true]) {
          writers.push(scope.hold(await openOutcryWriter({ redisUrl, hasKey, isSpread })));
        }
      }
      const costs = new Map<RoomWriter, number[]>(writers.map((writer) => [writer, []]));
      // The scripts are known, and the streams as long as they become.
      for (const writer of costs.keys()) await writeAtPace(writer, redisUrl);
      for (let round = 1; round <= rounds; round += 1) {
        for (const [writer, cost] of await measureRound([...costs.keys()], context)) {
          costs.get(writer)?.push(cost);
          progress(`script, round ${String(round)}: ${writer.name} ${cost.toFixed(1)} µs`);
        }
      }
      const references = costs.get(least) ?? [];
      const rows = [...costs].map(([{ name }, own]) => ({
        contestant: name,
        cost: median(own),
        ratio: medianByRound(own, references, (cost, reference) => cost / reference),
      }));
      return createReport(rows);
    }),
};

/** CPU µs of Redis for each message, by who has written it. */
async function measureRound(
  writers: readonly RoomWriter[],
  { redisUrl, isQuick }: ExperimentContext,
): Promise<ReadonlyMap<RoomWriter, number>> {
  const sums = new Map(writers.map((writer) => [writer, { seconds: 0, messages: 0 }]));
  for (let turn = 0; turn < (isQuick ? QUICK_TURNS : TURNS); turn += 1) {
    for (const [writer, sum] of sums) {
      const { seconds, messages } = await writeAtPace(writer, redisUrl);
      sum.seconds += seconds;
      sum.messages += messages;
    }
  }
  return new Map([...sums].map(([writer, { seconds, messages }]) => [writer, (seconds * MICROS) / messages]));
}

async function writeAtPace(writer: RoomWriter, redisUrl: string): Promise<{ seconds: number; messages: number }> {
  const before = await redisCpuSeconds(redisUrl);
  const startedAt = performance.now();
  const answers: Promise<void>[] = [];
  let messages = 0;
  for (let passedMs = 0; passedMs < TURN_MS; passedMs = performance.now() - startedAt) {
    const due = Math.floor((passedMs * MESSAGES_PER_SECOND) / 1000) - messages;
    if (due > 0) answers.push(writer.write(due));
    messages += Math.max(0, due);
    await sleep(TICK_MS);
  }
  await Promise.all(answers);
  return { seconds: (await redisCpuSeconds(redisUrl)) - before, messages };
}

function createReport(rows: readonly (Row & { ratio: number })[]): Report {
  return {
    title: `Script: ${String(MESSAGES_PER_SECOND)} messages/s of 150 bytes stored by Redis, one listener`,
    columns: [
      { key: 'contestant', title: 'writer' },
      { key: 'cost', title: 'Redis µs/message', digits: 1 },
      { key: 'ratio', title: 'of the least script' },
    ],
    rows,
    bounds: [
      {
        what: 'outcry: CPU of Redis per message without a key, of the least script',
        limit: MAX_RATIO,
        measured: rows[1]?.ratio,
      },
      {
        what: 'the same, each message to another room than those of its turn',
        limit: MAX_RATIO,
        measured: rows[3]?.ratio,
      },
    ],
    chart: bars({
      title: 'CPU of Redis per stored message',
      rows,
      value: 'cost',
      axis: 'CPU µs per message (less is better)',
    }),
  };
}
