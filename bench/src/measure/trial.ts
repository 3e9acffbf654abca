import { setTimeout as sleep } from 'node:timers/promises';

import type { Contestant } from '../contestants/contestant.ts';
import { localAddressOf } from '../generator/client-plan.ts';
import type { ServerProcess } from '../contestants/server-process.ts';
import { type GeneratorProcess, startPublisher } from '../generator/generator.ts';
import type { LatencySummary } from '../generator/latency.ts';
import type { MemberCalls } from '../generator/member-process.ts';
import type { PublisherCalls } from '../generator/publisher-process.ts';
import { stampedText } from '../generator/stamp.ts';
import { type Load, type LoadReading, loadSince, readLoad } from './load.ts';
import { openMembers } from './members.ts';
import { redisCpuSeconds } from './redis-stats.ts';
import { Scope } from './scope.ts';

export interface TrialOptions {
  readonly redisUrl: string;
  readonly members: number;
  readonly messagesPerSecond: number;
  readonly payloadBytes: number;
  /** For a first look: what the server costs before V8 has compiled it counts, too. */
  readonly isQuick?: boolean;
  /** How long the server warms up, unless it is a quick trial. */
  readonly warmUpMs?: number;
  readonly measureMs: number;
  /** Connections that publish in turn, 1 unless given. */
  readonly publishers?: number;
  /** Where a contestant can be a cluster, the publisher speaks to a second process, and the members' one relays. */
  readonly publishesElsewhere: boolean;
  /** Servers are asked to end, so that they can write down what they have seen; otherwise they are killed. */
  readonly endsServersGently?: boolean;
}

/** What one run has shown of the server that the members are connected to. */
export interface TrialResult extends Load {
  /** CPU seconds of Redis. */
  readonly redisCpuSeconds: number;
  readonly latency: LatencySummary;
  readonly deliveries: number;
  readonly publishedPerSecond: number;
  /** Of all deliveries to these members: those that had not come when the deadline was over. */
  readonly lost: number;
}

const DRAIN_DEADLINE_MS = 5000;
const POLL_MS = 50;
/**
 * V8 compiles what has run often, and a server runs for weeks: so before it is measured each relays messages to a few, as fast
 * as any contestant can. At the rate that is measured it might take minutes.
 */
const WARM_UP = { members: 8, messagesPerSecond: 1000, ms: 5000, quickMs: 1000 } as const;
/** At the rate that is measured, before it is. */
const SETTLE_MS = 2000;

/** Runs one contestant once: a fresh server, fresh clients. */
export function runTrial(contestant: Contestant, options: TrialOptions): Promise<TrialResult> {
  return Scope.run(async (scope) => {
    const trial = await openTrial(scope, contestant, options);
    const result = await measure(trial, options);
    if (options.endsServersGently === true) await trial.server.interrupt();
    return result;
  });
}

export interface TurnsOptions extends TrialOptions {
  readonly turns: number;
  /** Brings what is there in one half of each turn, and takes it away when it is disposed of. */
  readonly bring: () => Promise<AsyncDisposable>;
}

/** What the server has cost in the two halves of a turn. */
export interface Turn {
  readonly without: TurnHalf;
  readonly with: TurnHalf;
}

export type TurnHalf = Load & Pick<TrialResult, 'deliveries' | 'publishedPerSecond'>;

export interface TurnsResult {
  readonly turns: readonly Turn[];
  readonly lost: number;
}

/**
 * Measures one server without something and with it, by turns: two processes of the same code differ by more than what is cheap, and one
 * that goes on does not.
 */
export function runTurns(contestant: Contestant, options: TurnsOptions): Promise<TurnsResult> {
  return Scope.run(async (scope) => {
    const trial = await openTrial(scope, contestant, options);
    await trial.publisher.call('start', { messagesPerSecond: options.messagesPerSecond });
    // What comes for the first time is loaded and compiled, which is no cost of its being there.
    await Scope.run(async (first) => {
      first.hold(await options.bring());
      await sleep(SETTLE_MS);
    });
    const turns: Turn[] = [];
    for (let turn = 0; turn < options.turns; turn += 1) {
      const without = await measureHalf(trial, options);
      const brought = await options.bring();
      turns.push({ without, with: await measureHalf(trial, options) });
      await brought[Symbol.asyncDispose]();
    }
    return { turns, lost: await stop(trial, options) };
  });
}

interface Trial {
  readonly server: ServerProcess;
  readonly members: GeneratorProcess<MemberCalls>;
  readonly publisher: GeneratorProcess<PublisherCalls>;
  /** Messages that were published before the members came. */
  readonly warmUps: number;
}

async function openTrial(scope: Scope, contestant: Contestant, options: TrialOptions): Promise<Trial> {
  const { dialect } = contestant;
  const { redisUrl } = options;
  const server = scope.hold(await contestant.start(redisUrl));
  const isCluster = contestant.isClustered && options.publishesElsewhere;
  const entrance = isCluster ? scope.hold(await contestant.start(redisUrl)) : server;
  const publisher = scope.hold(startPublisher());
  await publisher.call('open', {
    plans: Array.from({ length: options.publishers ?? 1 }, (_, index) => ({
      url: `ws://127.0.0.1:${String(entrance.port)}${dialect.publisherPath}`,
      localAddress: localAddressOf(index),
      ...dialect.greetPublisher(index),
    })),
    rules: dialect.rules,
    frames: [dialect.publish(stampedText(options.payloadBytes))],
  });
  const warmUps = await warmUp({ contestant, server, publisher }, options);
  const members = scope.hold(await openMembers(contestant, server, options.members));
  return { server, members, publisher, warmUps };
}

/** Resolves with the messages that were published. */
async function warmUp(
  { contestant, server, publisher }: Pick<Trial, 'server' | 'publisher'> & { readonly contestant: Contestant },
  { isQuick = false, warmUpMs = WARM_UP.ms }: TrialOptions,
): Promise<number> {
  return Scope.run(async (scope) => {
    scope.hold(await openMembers(contestant, server, WARM_UP.members));
    await publisher.call('start', { messagesPerSecond: WARM_UP.messagesPerSecond });
    await sleep(isQuick ? WARM_UP.quickMs : warmUpMs);
    return publisher.call('stop', undefined);
  });
}

async function measure(trial: Trial, options: TrialOptions): Promise<TrialResult> {
  const { members, publisher } = trial;
  await publisher.call('start', { messagesPerSecond: options.messagesPerSecond });
  await sleep(SETTLE_MS);
  await members.call('resetLatency', undefined);
  const before = await read(trial, options.redisUrl);
  await sleep(options.measureMs);
  const after = await read(trial, options.redisUrl);
  const latency = await members.call('latency', undefined);
  const lost = await stop(trial, options);
  const load = loadSince(before.load, after.load);
  return {
    ...load,
    redisCpuSeconds: after.redis - before.redis,
    latency,
    deliveries: after.deliveries - before.deliveries,
    publishedPerSecond: (after.published - before.published) / load.seconds,
    lost,
  };
}

async function measureHalf(trial: Trial, { redisUrl, measureMs }: TurnsOptions): Promise<TurnHalf> {
  await sleep(SETTLE_MS);
  const before = await read(trial, redisUrl);
  await sleep(measureMs);
  const after = await read(trial, redisUrl);
  const load = loadSince(before.load, after.load);
  return {
    ...load,
    deliveries: after.deliveries - before.deliveries,
    publishedPerSecond: (after.published - before.published) / load.seconds,
  };
}

/** Resolves with the deliveries that have not come. */
async function stop(trial: Trial, { members }: TrialOptions): Promise<number> {
  const expected = ((await trial.publisher.call('stop', undefined)) - trial.warmUps) * members;
  return expected - (await settle(trial, expected));
}

interface Reading {
  readonly load: LoadReading;
  readonly redis: number;
  readonly published: number;
  readonly deliveries: number;
}

async function read({ server, members, publisher }: Trial, redisUrl: string): Promise<Reading> {
  const redis = await redisCpuSeconds(redisUrl);
  const load = readLoad({ server: server.pid, members: members.pid, publisher: publisher.pid });
  const [published, { deliveries }] = await Promise.all([
    publisher.call('published', undefined),
    members.call('count', undefined),
  ]);
  return { load, redis, published, deliveries };
}

/** The deliveries when they were as many as expected, or when the deadline was over. */
async function settle({ members }: Trial, expected: number): Promise<number> {
  const deadline = performance.now() + DRAIN_DEADLINE_MS;
  for (;;) {
    const { deliveries } = await members.call('count', undefined);
    if (deliveries >= expected || performance.now() > deadline) return deliveries;
    await sleep(POLL_MS);
  }
}
