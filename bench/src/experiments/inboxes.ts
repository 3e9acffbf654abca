import { createRedisBackplane } from '@outcry/broker';
import { inboxOf } from '@outcry/protocol';

import { median } from '../measure/median.ts';
import { clearRedis, cutListeners, redisCpuSeconds, redisUsedBytes } from '../measure/redis-stats.ts';
import { Scope } from '../measure/scope.ts';
import { bars } from '../report/bars.ts';
import type { Report, Row } from '../report/report.ts';
import type { Experiment } from './experiment.ts';

const USERS = [10_000, 100_000];
const QUICK_USERS = [1000, 10_000];
/** Joins that wait for their answer at a time. */
const AT_A_TIME = 500;
const MICROS = 1_000_000;
const BACK_WITHIN_MS = 120_000;

interface Cost {
  /** Bytes of Redis for each inbox. */
  readonly bytes: number;
  /** CPU µs of Redis for each, to join it and to hear it again behind a lost connection. */
  readonly joining: number;
  readonly returning: number;
}

/** What Redis has for users who are there, and to whom nobody writes. */
export const INBOXES: Experiment = {
  name: 'inboxes',
  summary:
    'inboxes that nobody writes to: memory of Redis, joining them, and hearing them again after a lost connection',
  run: async (context) => {
    const rows: Row[] = [];
    for (const users of context.isQuick ? QUICK_USERS : USERS) {
      const costs: Cost[] = [];
      for (let round = 1; round <= context.rounds; round += 1) {
        const cost = await Scope.run((scope) => measure(scope, users, context.redisUrl));
        costs.push(cost);
        context.progress(
          `inboxes, round ${String(round)}: ${String(users)} users, ${cost.bytes.toFixed(0)} bytes each, ${cost.joining.toFixed(1)} µs to join, ${cost.returning.toFixed(1)} µs to hear again`,
        );
      }
      rows.push({
        contestant: String(users),
        bytes: median(costs.map(({ bytes }) => bytes)),
        joining: median(costs.map(({ joining }) => joining)),
        returning: median(costs.map(({ returning }) => returning)),
      });
    }
    return createReport(rows);
  },
};

async function measure(scope: Scope, users: number, redisUrl: string): Promise<Cost> {
  await clearRedis(redisUrl);
  const gateway = scope.hold(await openGateway(redisUrl));
  const before = { bytes: await redisUsedBytes(redisUrl), cpu: await redisCpuSeconds(redisUrl) };
  await gateway.join(users);
  const joined = { bytes: await redisUsedBytes(redisUrl), cpu: await redisCpuSeconds(redisUrl) };
  const back = gateway.untilBack();
  await cutListeners(redisUrl);
  await back;
  const returned = await redisCpuSeconds(redisUrl);
  return {
    bytes: (joined.bytes - before.bytes) / users,
    joining: ((joined.cpu - before.cpu) * MICROS) / users,
    returning: ((returned - joined.cpu) * MICROS) / users,
  };
}

interface Gateway extends AsyncDisposable {
  join(users: number): Promise<void>;
  /** Resolves when all that it listens to has been lost and is heard again. */
  untilBack(): Promise<void>;
}

async function openGateway(url: string): Promise<Gateway> {
  const ignore = (): void => undefined;
  let handleUp: () => void = ignore;
  let wasDown = false;
  const backplane = createRedisBackplane({ url });
  await backplane.start({
    handleMessage: ignore,
    handleSignal: ignore,
    handleReset: ignore,
    handleStatus: (status) => {
      if (status === 'down') wasDown = true;
      else if (wasDown) handleUp();
    },
  });
  return {
    join: async (users) => {
      for (let at = 0; at < users; at += AT_A_TIME) {
        const some = Array.from({ length: Math.min(AT_A_TIME, users - at) }, (_, i) => `user-${String(at + i)}`);
        await Promise.all(some.map((user) => backplane.broker.join(inboxOf(user))));
      }
    },
    untilBack: () =>
      new Promise((resolve, reject) => {
        const limit = setTimeout(() => {
          reject(new Error('the gateway did not hear its inboxes again'));
        }, BACK_WITHIN_MS);
        handleUp = () => {
          clearTimeout(limit);
          resolve();
        };
      }),
    [Symbol.asyncDispose]: () => backplane.close(),
  };
}

function createReport(rows: readonly Row[]): Report {
  return {
    title: 'Inboxes of users to whom nobody writes, on one gateway',
    columns: [
      { key: 'contestant', title: 'users' },
      { key: 'bytes', title: 'bytes of Redis each', digits: 0 },
      { key: 'joining', title: 'Redis µs to join', digits: 1 },
      { key: 'returning', title: 'Redis µs to hear again', digits: 1 },
    ],
    rows,
    bounds: [],
    chart: bars({
      title: 'Memory of Redis for an inbox to which nobody writes',
      rows,
      value: 'bytes',
      axis: 'bytes',
    }),
  };
}
