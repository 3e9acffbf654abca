import { setTimeout as delay } from 'node:timers/promises';

import { startGateway, startRedis, uniquePrefix } from '@outcry/testkit';

import { Bystander, type Notice, quantile } from './bystander.ts';
import { type Bars, BARS, type Cost, type Deed } from './cost.ts';
import { cpuMsOf, PeakMemory, RedisMeter, type RedisUsage, residentBytesOf } from './usage.ts';

/** Long enough that a p99 is more than the one slowest. */
const QUIET_MS = 6000;
/** Within which what was taken is given back. */
const RECOVERY_MS = 5000;
const WARM_UP_MS = 3000;
const LOOK_MS = 100;
const P99 = 0.99;

/** What a process takes that has anything to do at all: compiled code, and the room its collector works in. */
const WORKING_BYTES = 32 * 1024 * 1024;

export interface Measurement {
  readonly deed: Deed;
  readonly seconds: number;
  /** Beyond what the bystander costs. */
  readonly redisCpuMs: number;
  readonly redisSentBytes: number;
  readonly gatewayCpuMs: number;
  readonly quietP99Ms: number;
  /** What each bar is held against; absent where the row is not about it. */
  readonly found: { readonly [B in keyof Bars]?: number };
}

interface Look {
  readonly at: number;
  readonly redis: RedisUsage;
  readonly cpuMs: number;
  readonly residentBytes: number;
}

/** Does it, and looks at everybody meanwhile. */
export async function measure(cost: Cost): Promise<Measurement> {
  await using redis = await startRedis();
  const common = { redisUrl: redis.url, redisPrefix: uniquePrefix() };
  const { maxOpenFiles } = cost;
  await using gateway = await startGateway({ ...common, ...cost.settings }, { maxOpenFiles });
  await using other = await startGateway(common);
  await using bystander = await Bystander.join(other.url);
  using meter = new RedisMeter(redis);
  const lookNow = (): Promise<Look> => look(gateway.process.pid, meter);
  await cost.prepare?.({ redis, gateway });
  // The first publishes are slow for reasons of their own.
  await delay(WARM_UP_MS);
  await bystander.take();
  const beforeQuiet = await lookNow();
  await delay(QUIET_MS);
  const [quiet, before] = [await bystander.take(), await lookNow()];
  using peak = new PeakMemory(gateway.process.pid);
  const deed = await cost.run({ redis, gateway });
  const after = await lookNow();
  // A p99 of ten waits is the longest of them, and of three hundred it is not: so both are of the same time at least.
  const restMs = Math.max(0, QUIET_MS - (after.at - before.at));
  const [noticed, memoryLeft] = await Promise.all([
    delay(restMs).then(() => bystander.take()),
    leftBy(deed, gateway.process.pid, before.residentBytes),
  ]);
  deed.release?.();
  const seconds = (after.at - before.at) / 1000;
  const quietCpuMs = ((before.redis.cpuMs - beforeQuiet.redis.cpuMs) / (before.at - beforeQuiet.at)) * seconds * 1000;
  const redisCpuMs = Math.max(0, after.redis.cpuMs - before.redis.cpuMs - quietCpuMs);
  const quietP99Ms = quantile(quiet.waitsMs, P99);
  const mostBytes = Math.max(peak.bytes, after.residentBytes);
  return {
    deed,
    seconds,
    redisCpuMs,
    redisSentBytes: after.redis.sentBytes - before.redis.sentBytes,
    gatewayCpuMs: after.cpuMs - before.cpuMs,
    quietP99Ms,
    found: {
      ...foundByBystander(noticed, quietP99Ms),
      ...(deed.amplification === undefined ? {} : { amplification: deed.amplification }),
      ...(deed.goodput === undefined ? {} : { goodput: deed.goodput }),
      ...(deed.refusal === undefined ? {} : { refusal: deed.refusal }),
      ...(deed.requests === 0 ? {} : { redisMsPerRequest: redisCpuMs / deed.requests }),
      ...(deed.connections === 0
        ? {}
        : {
            memoryBytesPerConnection: beyond(before.residentBytes + WORKING_BYTES, mostBytes) / deed.connections,
            memoryLeftBytesPerConnection: memoryLeft / deed.connections,
          }),
    },
  };
}

/** The bars that are not met, in a line each. */
export function broken({ found }: Measurement, { unmet = {} }: Cost): readonly string[] {
  return (Object.keys(BARS) as (keyof Bars)[]).flatMap((bar) => {
    const value = found[bar];
    if (value === undefined || bar in unmet) return [];
    const isMet = bar === 'goodput' ? value >= BARS[bar] : value <= BARS[bar];
    return isMet ? [] : [`${bar} is ${value.toFixed(2)}, the bar is ${String(BARS[bar])}`];
  });
}

async function look(pid: number, meter: RedisMeter): Promise<Look> {
  const [redis, cpuMs, residentBytes] = await Promise.all([meter.read(), cpuMsOf(pid), residentBytesOf(pid)]);
  return { at: performance.now(), redis, cpuMs, residentBytes };
}

function foundByBystander({ waitsMs, refused }: Notice, quietP99Ms: number): Measurement['found'] {
  return { refused, p99Ratio: quantile(waitsMs, P99) / quietP99Ms, longestWaitMs: Math.max(...waitsMs) };
}

/** What stays of the memory that it took. */
async function leftBy({ again }: Deed, pid: number, bytesBefore: number): Promise<number> {
  const left = await recovered(pid, bytesBefore);
  if (again === undefined) return beyond(bytesBefore + WORKING_BYTES, left);
  await again();
  return beyond(left, await recovered(pid, left));
}

function beyond(enoughBytes: number, bytes: number): number {
  return Math.max(0, bytes - enoughBytes);
}

/** The least memory that a process takes within the time in which it has to give back what it took. */
async function recovered(pid: number, enoughBytes: number): Promise<number> {
  const deadline = performance.now() + RECOVERY_MS;
  let least = Infinity;
  while (performance.now() < deadline && least > enoughBytes) {
    least = Math.min(least, await residentBytesOf(pid));
    await delay(LOOK_MS);
  }
  return least;
}
