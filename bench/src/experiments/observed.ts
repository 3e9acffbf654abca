import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { Encoding } from '@outcry/protocol';
import { leasePort, RawClient } from '@outcry/testkit';

import type { Contestant } from '../contestants/contestant.ts';
import { createOutcry } from '../contestants/outcry.ts';
import { median, medianByRound } from '../measure/median.ts';
import { runTrial, runTurns, type TrialOptions, type TrialResult, type TurnsResult } from '../measure/trial.ts';
import { bars } from '../report/bars.ts';
import type { Bound, Row } from '../report/report.ts';
import type { Experiment, ExperimentContext } from './experiment.ts';
import { judgeTrial } from './verdict.ts';

interface Load {
  readonly members: number;
  readonly messagesPerSecond: number;
  /** Connections that publish at the gateway that is measured; one elsewhere where it is left out. */
  readonly publishers?: number;
}

/** Those of `fanout`. */
const FANOUT: readonly Load[] = [
  { members: 1000, messagesPerSecond: 100 },
  { members: 1000, messagesPerSecond: 300 },
  { members: 300, messagesPerSecond: 1000 },
  { members: 100, messagesPerSecond: 3000 },
  { members: 1000, messagesPerSecond: 2000 },
];
/** Two of `ceiling`. What a message costs there depends on which others happen to come with it, in each process anew: a comparison of two says nothing. */
const CEILING: readonly Load[] = [
  { members: 1, messagesPerSecond: 2000, publishers: 50 },
  { members: 1, messagesPerSecond: 10_000, publishers: 50 },
];
const PAYLOAD_BYTES = 150;
const MEASURE_MS = 4000;
const QUICK_MS = 1500;
const MAX_RATIO = 1.01;
const MICROS = 1_000_000;
const AS_IT_IS = 'as it is';

const KEY = 'a-key-of-whoever-watches';
/** Without the page a gateway lets nobody look. */
const CONSOLE = fileURLToPath(new URL('../../../apps/console/dist', import.meta.url));
/** What the first page of the console looks at, which the gateway says as it changes. */
const ROOMS = ['$console/nodes', '$console/health', '$console/top'] as const;

const PLAIN = createOutcry({ encoding: Encoding.Msgpack });
/** Nobody listens there, and nobody is told anything. */
const TRACING = createOutcry({
  encoding: Encoding.Msgpack,
  settings: { OUTCRY_TRACE_URL: 'http://127.0.0.1:4318/v1/traces' },
});

/** What it costs that somebody could look, and that somebody does. */
export const OBSERVED: Experiment = {
  name: 'observed',
  summary: 'what traces that nobody samples and a console that watches cost, at loads of fanout and ceiling',
  run: async (context) => {
    if (!existsSync(CONSOLE)) throw new Error('the console is not built: npm run build --workspace @outcry/console');
    const rows: Row[] = [];
    const bounds: Bound[] = [];
    for (const load of [...FANOUT, ...CEILING]) {
      const costs = await measureLoad(load, context);
      rows.push(...costs.map((cost) => rowOf(load, cost)));
      bounds.push(...costs.filter(({ way }) => way !== AS_IT_IS).map((cost) => boundOf(load, cost)));
    }
    return {
      title: 'Observed: CPU of a gateway beside one that nobody looks at, 150-byte messages to one room',
      columns: [
        { key: 'load', title: 'members × messages' },
        { key: 'contestant', title: 'outcry msgpack' },
        { key: 'cost', title: 'CPU µs/delivery' },
        { key: 'ratio', title: 'of as it is', digits: 3 },
        { key: 'verdict', title: 'verdict' },
      ],
      rows,
      bounds,
      chart: bars({
        title: 'CPU per delivery while somebody could look, and does',
        rows,
        value: 'cost',
        axis: 'CPU µs per delivery (less is better)',
        panel: 'load',
      }),
    };
  },
};

/** What a delivery costs in one way. */
interface Cost {
  readonly way: string;
  readonly micros: number;
  /** Of a gateway as it is. */
  readonly ratio: number;
  readonly verdict: string;
}

async function measureLoad(load: Load, context: ExperimentContext): Promise<readonly Cost[]> {
  const traces = load.publishers === undefined ? await measureTraces(load, context) : [];
  return [...traces, await measureConsole(load, context)];
}

/** In turn, so that whatever else the machine does falls on both, and each is the first of every other round. */
async function measureTraces(load: Load, context: ExperimentContext): Promise<readonly Cost[]> {
  const [plain, tracing]: [TrialResult[], TrialResult[]] = [[], []];
  for (let round = 1; round <= context.rounds; round += 1) {
    const pair = [[PLAIN, plain] as const, [TRACING, tracing] as const];
    if (round % 2 === 0) pair.reverse();
    for (const [contestant, results] of pair) results.push(await runTrial(contestant, optionsOf(load, context)));
    tell(
      load,
      context,
      `round ${String(round)}: ${[plain, tracing].map((results) => microsOf(results.at(-1))).join(', ')} µs`,
    );
  }
  const [base, costs] = [plain.map(costOf), tracing.map(costOf)];
  const verdictOf = (results: readonly TrialResult[]): string =>
    [...new Set(results.map((result) => judgeTrial(result, load.messagesPerSecond)))].join('; ');
  return [
    { way: AS_IT_IS, micros: median(base), ratio: 1, verdict: verdictOf(plain) },
    {
      way: 'traces on, none sampled',
      micros: median(costs),
      ratio: medianByRound(costs, base, (cost, other) => cost / other),
      verdict: verdictOf(tracing),
    },
  ];
}

/** Somebody comes and goes at one gateway: two of them differ by more than what a console costs. */
async function measureConsole(load: Load, context: ExperimentContext): Promise<Cost> {
  const gateway = createWatchable();
  const turns = context.isQuick ? context.rounds : context.rounds * 2;
  const options = { ...optionsOf(load, context), turns, bring: gateway.watch };
  const result = await runTurns(gateway.contestant, options);
  const [base, costs] = [
    result.turns.map((turn) => costOf(turn.without)),
    result.turns.map((turn) => costOf(turn.with)),
  ];
  const ratio = medianByRound(costs, base, (cost, other) => cost / other);
  tell(load, context, `with a console ${ratio.toFixed(3)} of without, ${String(turns)} turns`);
  return { way: 'a console watches', micros: median(costs), ratio, verdict: verdictOfTurns(result, load) };
}

function optionsOf(load: Load, { redisUrl, isQuick }: ExperimentContext): TrialOptions {
  return {
    ...{ ...load, redisUrl, isQuick, payloadBytes: PAYLOAD_BYTES, publishesElsewhere: load.publishers === undefined },
    measureMs: isQuick ? QUICK_MS : MEASURE_MS,
  };
}

interface Watchable {
  readonly contestant: Contestant;
  /** Opens the first page of the console, until it is disposed of. */
  readonly watch: () => Promise<AsyncDisposable>;
}

/** Gateways that serve the console; the first one is watched. */
function createWatchable(): Watchable {
  const ports: number[] = [];
  const start = async (redisUrl: string): ReturnType<Contestant['start']> => {
    const port = await leasePort();
    ports.push(port.port);
    const settings = {
      OUTCRY_INTERNAL_PORT: String(port.port),
      OUTCRY_API_KEYS: KEY,
      OUTCRY_CONSOLE: 'true',
      OUTCRY_CONSOLE_DIR: CONSOLE,
    };
    try {
      return await createOutcry({ encoding: Encoding.Msgpack, settings }).start(redisUrl);
    } finally {
      port[Symbol.dispose]();
    }
  };
  return { contestant: { ...PLAIN, start }, watch: () => watch(`ws://127.0.0.1:${String(ports[0])}/console/live`) };
}

async function watch(url: string): Promise<AsyncDisposable> {
  const client = await RawClient.connect({ url, encoding: 'json', token: KEY });
  for (const room of ROOMS) await client.expectAnswer('joined', { type: 'join', room });
  for (const room of ROOMS) await client.next({ type: 'message', room });
  return {
    async [Symbol.asyncDispose]() {
      await client.close();
    },
  };
}

function rowOf(load: Load, { way, micros, ratio, verdict }: Cost): Row {
  return { load: nameOf(load), contestant: way, cost: micros, ratio, verdict };
}

function boundOf(load: Load, { way, ratio }: Cost): Bound {
  return { what: `${nameOf(load)}: ${way}, of as it is`, limit: MAX_RATIO, measured: ratio };
}

function nameOf({ members, messagesPerSecond, publishers }: Load): string {
  const crowd = publishers === undefined ? '' : ` of ${String(publishers)}`;
  return `${String(members)} × ${String(messagesPerSecond)}/s${crowd}`;
}

function tell(load: Load, { progress }: ExperimentContext, what: string): void {
  progress(`observed ${nameOf(load)}, ${what}`);
}

function verdictOfTurns({ turns, lost }: TurnsResult, { messagesPerSecond }: Load): string {
  const halves = turns.flatMap((turn) => [turn.without, turn.with]);
  return [...new Set(halves.map((half) => judgeTrial({ ...half, lost }, messagesPerSecond)))].join('; ');
}

function microsOf(result: TrialResult | undefined): string {
  return result === undefined ? '' : costOf(result).toFixed(2);
}

function costOf({ serverCpuSeconds, deliveries }: Pick<TrialResult, 'serverCpuSeconds' | 'deliveries'>): number {
  return (serverCpuSeconds * MICROS) / deliveries;
}
