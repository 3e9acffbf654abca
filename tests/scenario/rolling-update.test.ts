import { type GatewayProcess, type GatewaySettings, startGateway, uniquePrefix, UNLIMITED } from '@outcry/testkit';
import { expect, it } from 'vitest';

import { metricOf } from '../metrics.ts';
import { eventually, last } from '../support/eventually.ts';
import { spansOf, StallWatch, unevenness } from '../support/evenness.ts';
import { Crowd, type CrowdOptions } from './support/crowd.ts';
import { IS_LONG, scaled, TIMEOUT_MS } from './support/scale.ts';
import { Stores } from './support/stores.ts';
import { addRow } from './support/table.ts';

const ROOMS = scaled({ short: 6, long: 500 });
const CLIENTS_PER_ROOM = 10;
const RATE = scaled({ short: 100, long: 500 });
const GATEWAYS = scaled({ short: 2, long: 3 });
/** How many of them are replaced, one after the other. */
const REPLACED = scaled({ short: 1, long: 3 });
const SPREAD_MS = scaled({ short: 500, long: 5000 });
const DRAIN_MS = 20_000;
/** Before the first goes, and after the last has gone. */
const STEADY_MS = scaled({ short: 200, long: 5000 });
/** From the start of the one that takes its place. */
const READY_MS = scaled({ short: 0, long: 5000 });
const WHOLE_DEADLINE_MS = 30_000;
const SETTINGS = { ...UNLIMITED, maxHandshakesPerAddress: 0, maxNewRoomsPerAddress: 0, drainMs: DRAIN_MS };
/** Tenths of a second that are not judged. */
const COLD_TENTHS = 4;
/** Of the tenths that follow: so many may be judged together with their neighbours, because the clients' own process stood still. */
const MAX_JOINT_SHARE = 0.25;
const LONGEST_AWAY_MS = 300;
const BALANCE_DEADLINE_MS = 300_000;
const MAX_CPU_SHARE = 0.6;

/** A balancer deals connections out in turn among the gateways that are to have any. */
class Balanced implements AsyncDisposable {
  readonly #stores: Stores;
  readonly #prefix = uniquePrefix();
  readonly #settings: GatewaySettings;
  readonly #started: GatewayProcess[] = [];
  #inService: GatewayProcess[] = [];
  #dealt = 0;

  constructor(stores: Stores, settings: GatewaySettings) {
    this.#stores = stores;
    this.#settings = settings;
  }

  static async start(settings: GatewaySettings = {}): Promise<Balanced> {
    const balanced = new Balanced(await Stores.start(), settings);
    await Promise.all(Array.from({ length: GATEWAYS }, () => balanced.add()));
    return balanced;
  }

  get all(): readonly GatewayProcess[] {
    return this.#started;
  }

  readonly nextUrl = (): string => {
    this.#dealt += 1;
    return this.#inService[this.#dealt % this.#inService.length]?.url ?? 'ws://127.0.0.1:1/ws';
  };

  async add(): Promise<GatewayProcess> {
    const [redisUrl, redisPrefix] = [this.#stores.url, this.#prefix];
    const gateway = await startGateway({
      redisUrl,
      redisPrefix,
      reconnectSpreadMs: SPREAD_MS,
      ...SETTINGS,
      ...this.#settings,
    });
    this.#started.push(gateway);
    this.#inService = [...this.#inService, gateway];
    return gateway;
  }

  /** Starts another one, and stops the oldest. Says when that began to go, and how long it took. */
  async replaceOldest(): Promise<{ readonly from: number; readonly tookMs: number; readonly cpuShare: number }> {
    await this.add();
    // As an orchestrator waits, too: to start one is work for the whole machine.
    await last(READY_MS);
    const [oldest, ...others] = this.#inService;
    if (oldest === undefined) throw new Error('no gateway');
    this.#inService = others;
    const [from, before] = [performance.now(), await cpuSeconds(others)];
    const exit = await oldest.process.stop();
    const tookMs = performance.now() - from;
    expect(exit).toEqual({ code: 0, signal: null });
    expect(tookMs).toBeLessThanOrEqual(DRAIN_MS);
    const used = (await cpuSeconds(others)).map((seconds, i) => seconds - (before[i] ?? 0));
    return { from, tookMs, cpuShare: (Math.max(...used) * 1000) / (performance.now() - from) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#started.map((gateway) => gateway[Symbol.asyncDispose]()));
    await this.#stores[Symbol.asyncDispose]();
  }
}

function cpuSeconds(gateways: readonly GatewayProcess[]): Promise<number[]> {
  return Promise.all(gateways.map((gateway) => metricOf(gateway, 'process_cpu_seconds_total')));
}

interface Outcome {
  readonly crowd: Crowd;
  readonly replaced: Awaited<ReturnType<Balanced['replaceOldest']>>[];
}

/** Replaces gateways under a crowd, and judges what that has seen. */
async function roll(what: string, canMove: CrowdOptions['canMove']): Promise<Outcome> {
  await using balanced = await Balanced.start();
  const { nextUrl } = balanced;
  using crowd = new Crowd({ rooms: ROOMS, clientsPerRoom: CLIENTS_PER_ROOM, rate: RATE, canMove, nextUrl });
  await crowd.enter();
  crowd.startPublishing();
  await last(STEADY_MS);
  const replaced: Outcome['replaced'] = [];
  for (let i = 0; i < REPLACED; i++) replaced.push(await balanced.replaceOldest());
  await last(STEADY_MS);
  await crowd.stopPublishing();
  await eventually(() => crowd.unfinished === 0, {
    deadlineMs: WHOLE_DEADLINE_MS,
    describe: () => `${String(crowd.unfinished)} clients are short of something`,
  });
  report(what, { crowd, replaced });
  expect(crowd.failures).toEqual([]);
  expect(crowd.dwellers.flatMap(({ surprises }) => surprises)).toEqual([]);
  expect(sumOf(crowd, 'lost')).toBe(0);
  expect(sumOf(crowd, 'doubled')).toBe(0);
  return { crowd, replaced };
}

function report(what: string, { crowd, replaced }: Outcome): void {
  const away = quantilesOf(crowd.dwellers.map(({ longestAwayMs }) => longestAwayMs));
  const way = quantilesOf(crowd.dwellers.map(({ longestWayMs }) => longestWayMs));
  const took = replaced.map(({ tookMs }) => (tookMs / 1000).toFixed(1)).join(', ');
  const cpu = Math.max(...replaced.map(({ cpuShare }) => cpuShare)).toFixed(2);
  addRow(
    what,
    {
      deliveries: sumOf(crowd, 'received'),
      lost: sumOf(crowd, 'lost'),
      duplicated: sumOf(crowd, 'doubled'),
      outOfOrder: 0,
    },
    { remarks: `away p50/p99 ${away} ms, longest way p50/p99 ${way} ms, gone in ${took} s, ${cpu} of a core at most` },
  );
}

function sumOf({ dwellers }: Crowd, what: 'received' | 'lost' | 'doubled'): number {
  return dwellers.reduce((sum, dweller) => sum + dweller[what], 0);
}

function quantile(values: readonly number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) * share)] ?? 0;
}

function quantilesOf(values: readonly number[]): string {
  return [0.5, 0.99].map((share) => quantile(values, share).toFixed(0)).join('/');
}

it.runIf(!IS_LONG)(
  'replaces a gateway unnoticed by clients that can move, beside others that cannot',
  { timeout: TIMEOUT_MS },
  async () => {
    // Of each room some.
    const canMove = (client: number): boolean => client % 2 === Math.floor(client / ROOMS) % 2;
    const { crowd } = await roll('rolling update', canMove);
    const awayOf = (isMover: boolean): number[] =>
      crowd.dwellers.filter((_, i) => canMove(i) === isMover).map(({ longestAwayMs }) => longestAwayMs);
    expect(awayOf(true).filter((ms) => ms > 0)).toEqual([]);
    // A good third of the others was on the one that went.
    expect(awayOf(false).filter((ms) => ms > 0).length).toBeGreaterThan(0);
  },
);

it.runIf(IS_LONG)('replaces all gateways unnoticed by clients that can move', { timeout: TIMEOUT_MS }, async () => {
  const { crowd, replaced } = await roll('rolling update', () => true);
  const away = crowd.dwellers.map(({ longestAwayMs }) => longestAwayMs);
  expect(quantile(away, 0.5)).toBe(0);
  expect(quantile(away, 0.99)).toBeLessThanOrEqual(LONGEST_AWAY_MS);
  for (const { cpuShare } of replaced) expect(cpuShare).toBeLessThanOrEqual(MAX_CPU_SHARE);
});

it.runIf(IS_LONG)(
  'replaces all gateways at no loss for clients that know 1012 only',
  { timeout: TIMEOUT_MS },
  async () => {
    using watch = new StallWatch();
    const { crowd, replaced } = await roll('rolling update, 1012 only', () => false);
    for (const { from, tookMs } of replaced) {
      const returns = crowd.connects.filter((at) => at >= from && at < from + tookMs);
      const stalls = watch.stalls.filter((stall) => stall.to >= from && stall.from < from + tookMs);
      // In the first tenths all of this runs for the first time, on both sides.
      const spans = spansOf(returns, { windowMs: 100, skipped: COLD_TENTHS, stalls });
      const counts = spans.map(({ count, windows }) =>
        windows === 1 ? count : `(${String(count)} in ${String(windows)})`,
      );
      console.log(`returns per 100 ms: ${counts.join(' ')}; this process stood still ${String(stalls.length)} times`);
      const joint = spans.reduce((sum, { windows }) => sum + windows - 1, 0);
      expect(joint).toBeLessThanOrEqual(MAX_JOINT_SHARE * spans.length);
      expect(unevenness(spans)).toBeLessThanOrEqual(0.2);
    }
  },
);

it.runIf(IS_LONG)(
  'spreads 6,000 clients from three gateways to six, none of them twice',
  { timeout: TIMEOUT_MS },
  async () => {
    await using balanced = await Balanced.start({ balance: true });
    const { nextUrl } = balanced;
    const size = { rooms: 600, clientsPerRoom: 10, rate: 100 };
    using crowd = new Crowd({ ...size, canMove: () => true, nextUrl });
    await crowd.enter();
    crowd.startPublishing();
    for (let i = 0; i < 3; i++) await balanced.add();
    let held: number[] = [];
    const tookMs = await eventually(
      async () => {
        held = await Promise.all(balanced.all.map((gateway) => metricOf(gateway, 'outcry_gateway_connections')));
        const mean = held.reduce((sum, count) => sum + count, 0) / held.length;
        return Math.max(...held) <= 1.1 * mean;
      },
      { deadlineMs: BALANCE_DEADLINE_MS, describe: () => `the gateways hold ${held.join()}` },
    );
    await crowd.stopPublishing();
    await eventually(() => crowd.unfinished === 0, {
      deadlineMs: WHOLE_DEADLINE_MS,
      describe: () => `${String(crowd.unfinished)} clients are short of something`,
    });
    const [lost, duplicated] = [sumOf(crowd, 'lost'), sumOf(crowd, 'doubled')];
    addRow(
      'three gateways, then six',
      { deliveries: sumOf(crowd, 'received'), lost, duplicated, outOfOrder: 0 },
      { repairMs: tookMs, remarks: `${held.join(' ')}, ${String(crowd.connects.length - 6000)} moves` },
    );
    expect([lost, duplicated, crowd.failures]).toEqual([0, 0, []]);
    expect(crowd.dwellers.flatMap(({ surprises }) => surprises)).toEqual([]);
    expect(Math.max(...crowd.attempts)).toBeLessThanOrEqual(2);
  },
);
