import { setTimeout as sleep } from 'node:timers/promises';

import { startBooks, symbolNames } from '../books/book-server.ts';
import { SlowLink } from '../books/slow-link.ts';
import { untilPublished } from '../books/until-published.ts';
import { WatchedBooks } from '../books/watched-books.ts';
import { BOOK_RULES, planWatcher } from '../books/watcher-plan.ts';
import { type GeneratorProcess, startMembers } from '../generator/generator.ts';
import type { MemberCalls } from '../generator/member-process.ts';
import { median } from '../measure/median.ts';
import { mainThreadCpuSecondsOf, residentBytesOf } from '../measure/process-stats.ts';
import { Scope } from '../measure/scope.ts';
import { bars } from '../report/bars.ts';
import type { Bound, Report } from '../report/report.ts';
import type { Experiment, ExperimentContext } from './experiment.ts';

const SYMBOLS = symbolNames(10);
const FAST_WATCHERS = 998;
const SAMPLE_EVERY = 50;
const DEPTH = 10;
const EVENTS_PER_SECOND = 1000;
const SLOW_BYTES_PER_SECOND = 8 * 1024;
const CATCH_UP_DEADLINE_MS = 30_000;
const MAX_AGE_MS = 200;
const POLL_MS = 5;
const MAX_RATIO = 1.2;
const MAX_GROWTH_MIB = 8;
const BYTES_PER_MIB = 1024 ** 2;

interface Phase {
  readonly name: string;
  readonly isThrottled: boolean;
  readonly p50: number;
  readonly p99: number;
  readonly framesPerSecond: number;
  readonly residentMib: number;
  readonly generator: number;
}

interface Outcome {
  readonly phases: readonly Phase[];
  readonly laggings: number;
  readonly snapshots: number;
  /** Milliseconds from the end of the throttling until all books were as new as the others'. */
  readonly catchUpMs: number;
  readonly broken: number;
  /** States of the slow client that the other one did not have there, and those compared. */
  readonly differing: number;
  readonly compared: number;
  readonly disconnects: number;
}

/** One of a thousand watchers reads at 8 KB/s: what the others notice of it. */
export const SLOW_READER: Experiment = {
  name: 'slow-reader',
  summary: 'order books: one watcher in 1,000 throttled to 8 KB/s, and what the others notice',
  run: (context) => Scope.run(async (scope) => createReport(await measure(scope, context))),
};

async function measure(scope: Scope, { redisUrl, isQuick, progress }: ExperimentContext): Promise<Outcome> {
  const gateway = await startBooks(scope, { redisUrl, symbols: SYMBOLS, eventsPerSecond: EVENTS_PER_SECOND });
  const members = scope.hold(startMembers());
  const plans = Array.from({ length: FAST_WATCHERS }, (_, index) =>
    planWatcher(gateway.port, index, { symbols: SYMBOLS, depth: DEPTH, interval: 0 }),
  );
  await untilPublished(gateway.port, SYMBOLS);
  await members.call('open', { plans, rules: BOOK_RULES, sampleEvery: SAMPLE_EVERY });
  const link = scope.hold(await SlowLink.start(gateway.port));
  const other = scope.hold(await WatchedBooks.open(gateway.port, SYMBOLS));
  const slow = scope.hold(await WatchedBooks.open(link.port, SYMBOLS));
  await sleep(isQuick ? 2000 : 20_000);

  const segmentMs = isQuick ? 4000 : 20_000;
  const phases: Phase[] = [];
  const run = async (name: string, isThrottled: boolean): Promise<void> => {
    const phase = await runPhase(members, gateway.pid, { name, isThrottled, ms: segmentMs });
    phases.push(phase);
    progress(`slow reader, ${name}: p99 ${phase.p99.toFixed(1)} ms, ${phase.framesPerSecond.toFixed(0)} frames/s`);
  };
  const before = slow.snapshots;
  await run('without, before', false);
  link.limit(SLOW_BYTES_PER_SECOND);
  for (const part of [1, 2, 3]) await run(`throttled, part ${String(part)} of 3`, true);
  const releasedAt = performance.now();
  link.limit(Infinity);
  const catchUpMs = await untilCurrent(slow, releasedAt);
  await run('without, after', false);
  const { open } = await members.call('count', undefined);
  return { phases, catchUpMs, ...compare(slow, other), ...countsOf(slow, before, FAST_WATCHERS - open) };
}

async function runPhase(
  members: GeneratorProcess<MemberCalls>,
  gatewayPid: number,
  { name, isThrottled, ms }: { name: string; isThrottled: boolean; ms: number },
): Promise<Phase> {
  await members.call('resetLatency', undefined);
  const [cpu, startedAt] = [mainThreadCpuSecondsOf(members.pid), performance.now()];
  const { deliveries } = await members.call('count', undefined);
  await sleep(ms);
  const after = await members.call('count', undefined);
  const seconds = (performance.now() - startedAt) / 1000;
  const { p50, p99 } = await members.call('latency', undefined);
  return {
    name,
    isThrottled,
    p50,
    p99,
    framesPerSecond: (after.deliveries - deliveries) / seconds,
    residentMib: residentBytesOf(gatewayPid) / BYTES_PER_MIB,
    generator: (mainThreadCpuSecondsOf(members.pid) - cpu) / seconds,
  };
}

async function untilCurrent(slow: WatchedBooks, releasedAt: number): Promise<number> {
  while (slow.isOpen && slow.ageMs() > MAX_AGE_MS) {
    if (performance.now() - releasedAt > CATCH_UP_DEADLINE_MS) return Infinity;
    await sleep(POLL_MS);
  }
  return slow.isOpen ? performance.now() - releasedAt : Infinity;
}

function compare(slow: WatchedBooks, other: WatchedBooks): Pick<Outcome, 'differing' | 'compared' | 'broken'> {
  const shared = [...slow.states].filter(([position]) => other.states.has(position));
  const differing = shared.filter(([position, digest]) => other.states.get(position) !== digest).length;
  return { differing, compared: shared.length, broken: slow.broken + other.broken };
}

function countsOf(slow: WatchedBooks, snapshotsBefore: number, lostWatchers: number) {
  return {
    laggings: slow.laggings,
    snapshots: slow.snapshots - snapshotsBefore,
    disconnects: lostWatchers + (slow.isOpen ? 0 : 1),
  };
}

function createReport(outcome: Outcome): Report {
  const { phases } = outcome;
  const p99Of = (isThrottled: boolean): number =>
    median(phases.filter((phase) => phase.isThrottled === isThrottled).map(({ p99 }) => p99));
  const rows = phases.map((phase) => ({ ...phase, isThrottled: String(phase.isThrottled), contestant: phase.name }));
  const [first] = phases;
  const growth = Math.max(...phases.map(({ residentMib }) => residentMib)) - (first?.residentMib ?? 0);
  const bounds: Bound[] = [
    { what: 'p99 of the others, of that without', limit: MAX_RATIO, measured: p99Of(true) / p99Of(false) },
    { what: 'growth of the gateway, MiB', limit: MAX_GROWTH_MIB, measured: growth },
    { what: 'disconnects', limit: 0, measured: outcome.disconnects },
    {
      what: `states of the slow client that differ, of ${String(outcome.compared)} compared`,
      limit: 0,
      measured: outcome.differing + outcome.broken,
    },
  ];
  const told = `told lagging ${String(outcome.laggings)} times, ${String(outcome.snapshots)} snapshots stood for what it missed`;
  const caughtUp = `current ${outcome.catchUpMs.toFixed(0)} ms after the throttling`;
  return {
    title: `A slow reader: 1,000 watchers of 10 symbols × 10 updates/s, one of them at 8 KB/s: ${told}, ${caughtUp}`,
    columns: [
      { key: 'name', title: 'phase' },
      { key: 'p50', title: 'p50 ms', digits: 1 },
      { key: 'p99', title: 'p99 ms', digits: 1 },
      { key: 'framesPerSecond', title: 'frames/s', digits: 0 },
      { key: 'residentMib', title: 'gateway MiB', digits: 0 },
      { key: 'generator', title: 'generator CPU' },
    ],
    rows,
    bounds,
    chart: bars({ title: 'p99 of the fast watchers', rows, value: 'p99', axis: 'ms (less is better)' }),
  };
}
