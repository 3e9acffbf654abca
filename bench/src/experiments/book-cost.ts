import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { startBooks, symbolNames } from '../books/book-server.ts';
import { untilPublished } from '../books/until-published.ts';
import { BOOK_RULES, planWatcher } from '../books/watcher-plan.ts';
import { startMembers } from '../generator/generator.ts';
import { readProfile, sharesOf, type Work } from '../measure/cpu-profile.ts';
import { cpuSecondsOf, mainThreadCpuSecondsOf } from '../measure/process-stats.ts';
import { Scope } from '../measure/scope.ts';
import { bars } from '../report/bars.ts';
import type { Report, Row } from '../report/report.ts';
import type { Experiment, ExperimentContext } from './experiment.ts';

const SYMBOLS = symbolNames(200);
const WATCHERS = 2000;
/** So many that hardly any tenth of a second has none. */
const EVENTS_PER_SECOND = 50;
const MICROS = 1_000_000;

/** Depth and interval. */
const CLASSES = [
  [1, 0],
  [10, 0],
  [10, 100],
  [25, 100],
  [50, 250],
  [100, 1000],
] as const;

const DERIVING = 'deriving';
const WORKS: readonly Work[] = [
  { name: DERIVING, files: ['/books/book-class.ts', '/books/book-view.ts'] },
  {
    name: 'following the base feed',
    files: ['/books/book-replica.ts', '/broker/src/feeds/', '/broker/src/redis/', '/ioredis/', '/resp/'],
  },
  { name: 'encoding and publishing', files: ['/fanout/'] },
];

interface Spread {
  readonly label: string;
  readonly symbolsEach: number;
}

const SPREADS: readonly Spread[] = [
  { label: '1 symbol each', symbolsEach: 1 },
  { label: '10 symbols each', symbolsEach: 10 },
];

/** Many books, many classes, few watchers of each: what it costs to derive the frames, and to deliver them. */
export const BOOK_COST: Experiment = {
  name: 'book-cost',
  summary: 'order books: 200 symbols × 10 updates/s for 2,000 watchers in 6 classes',
  run: async (context) => {
    const rows: Row[] = [];
    for (const spread of SPREADS) {
      const plain = await measure(spread, context, undefined);
      const shares = await profile(spread, context);
      const cost = (plain.cpuSeconds * MICROS) / plain.frames;
      context.progress(`book cost, ${spread.label}: ${cost.toFixed(2)} µs/frame`);
      rows.push({ contestant: `outcry, ${spread.label}`, ...plain, cost, ...Object.fromEntries(shares) });
    }
    return createReport(rows);
  },
};

interface Cost {
  readonly cpuSeconds: number;
  readonly frames: number;
  readonly framesPerSecond: number;
  readonly core: number;
  readonly generator: number;
}

/** The gateway's CPU time by what it is spent on. A profiler has a cost of its own, so this is a run by itself. */
async function profile(spread: Spread, context: ExperimentContext): Promise<Map<string, number>> {
  const folder = mkdtempSync(join(tmpdir(), 'outcry-bench-'));
  try {
    await measure(spread, context, folder);
    return sharesOf(readProfile(folder), WORKS);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function measure(spread: Spread, context: ExperimentContext, profileFolder: string | undefined): Promise<Cost> {
  const { redisUrl, isQuick } = context;
  return Scope.run(async (scope) => {
    const nodeArgs = profileFolder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`];
    const options = { redisUrl, symbols: SYMBOLS, eventsPerSecond: EVENTS_PER_SECOND, nodeArgs };
    const gateway = await startBooks(scope, options);
    await untilPublished(gateway.port, SYMBOLS);
    const members = scope.hold(startMembers());
    const plans = Array.from({ length: WATCHERS }, (_, index) => planOne(gateway.port, index, spread));
    await members.call('open', { plans, rules: BOOK_RULES, sampleEvery: Infinity });
    await sleep(isQuick ? 1000 : 3000);
    const read = async () => ({
      at: performance.now(),
      cpu: cpuSecondsOf(gateway.pid),
      members: mainThreadCpuSecondsOf(members.pid),
      frames: (await members.call('count', undefined)).deliveries,
    });
    const before = await read();
    await sleep(isQuick ? 4000 : 20_000);
    const after = await read();
    const seconds = (after.at - before.at) / 1000;
    const [cpuSeconds, frames] = [after.cpu - before.cpu, after.frames - before.frames];
    if (profileFolder !== undefined) await gateway.interrupt();
    return {
      cpuSeconds,
      frames,
      framesPerSecond: frames / seconds,
      core: cpuSeconds / seconds,
      generator: (after.members - before.members) / seconds,
    };
  });
}

/** Classes in turn, and the symbols of each class in turn. */
function planOne(port: number, index: number, { symbolsEach }: Spread) {
  const [depth, interval] = CLASSES[index % CLASSES.length] ?? CLASSES[0];
  const first = Math.floor(index / CLASSES.length) * symbolsEach;
  const symbols = Array.from({ length: symbolsEach }, (_, i) => SYMBOLS[(first + i) % SYMBOLS.length] ?? '');
  return planWatcher(port, index, { symbols, depth, interval });
}

function createReport(rows: readonly Row[]): Report {
  return {
    title: 'Order books: 200 symbols × 10 updates/s through one gateway, 2,000 watchers in 6 classes, msgpack',
    columns: [
      { key: 'contestant', title: 'watchers' },
      { key: 'framesPerSecond', title: 'frames/s', digits: 0 },
      { key: 'cost', title: 'CPU µs/frame' },
      { key: 'core', title: 'of a core' },
      { key: DERIVING, title: 'share: deriving' },
      { key: 'following the base feed', title: 'following the feed' },
      { key: 'encoding and publishing', title: 'encoding, publishing' },
      { key: 'native code and kernel', title: 'native, kernel' },
      { key: 'garbage collection', title: 'GC' },
      { key: 'other', title: 'other' },
      { key: 'generator', title: 'generator CPU' },
    ],
    rows,
    bounds: [],
    chart: bars({
      title: 'Order books: gateway CPU per delivered frame',
      rows,
      value: 'cost',
      axis: 'CPU µs (less is better)',
    }),
  };
}
