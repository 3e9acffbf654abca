import { afterEach, beforeAll, expect, it } from 'vitest';
import type { SharedLimits } from '../../src/index.ts';
import { RedisCluster } from '../support/redis-cluster.ts';

const MINUTE_MS = 60_000;
/** A time is stored to the microsecond, and is a sum of doubles. */
const PRECISION_MS = 0.001;

let cluster: RedisCluster;
beforeAll(async () => {
  cluster = await RedisCluster.start();
  return () => cluster[Symbol.asyncDispose]();
});
afterEach(() => cluster.reset());

async function readClock(): Promise<number> {
  const [seconds, microseconds] = await cluster.admin.time();
  return Number(seconds) * 1000 + Number(microseconds) / 1000;
}

it.each<[string, (limits: SharedLimits) => Promise<unknown>, number]>([
  ['a token is taken', (limits) => limits.pass('user:ann', 60), 1000],
  [
    'a tenth is spent',
    (limits) => limits.spend({ subject: 'user:ann', amount: 10, max: 100, windowMs: MINUTE_MS }),
    MINUTE_MS / 10,
  ],
])('keeps of a bucket from which %s the time at which it is full again, by the clock of Redis', async (_, take, ms) => {
  const { limits } = (await cluster.startNode()).backplane;
  const before = await readClock();
  await take(limits);
  const after = await readClock();
  const [bucket = ''] = await cluster.keys('bucket/');
  const fullAt = Number(await cluster.admin.get(bucket));
  expect(fullAt).toBeGreaterThanOrEqual(before + ms - PRECISION_MS);
  expect(fullAt).toBeLessThanOrEqual(after + ms + PRECISION_MS);
});
