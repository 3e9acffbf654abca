import { Encoding } from '@outcry/protocol';
import { leasePort, RawClient } from '@outcry/testkit';

import type { Contestant } from '../contestants/contestant.ts';
import { createOutcry } from '../contestants/outcry.ts';
import { median, medianByRound } from '../measure/median.ts';
import { runTrial, type TrialResult } from '../measure/trial.ts';
import { bars } from '../report/bars.ts';
import type { Bound, Row } from '../report/report.ts';
import type { Experiment, ExperimentContext } from './experiment.ts';
import { judgeTrial } from './verdict.ts';

interface Load {
  readonly members: number;
  readonly messagesPerSecond: number;
}

/** Those of `fanout`: of a room of one, what a message costs depends on which others happen to come with it. */
const LOADS: readonly Load[] = [
  { members: 1000, messagesPerSecond: 100 },
  { members: 1000, messagesPerSecond: 300 },
  { members: 300, messagesPerSecond: 1000 },
  { members: 100, messagesPerSecond: 3000 },
  { members: 1000, messagesPerSecond: 2000 },
];
const PAYLOAD_BYTES = 150;
const MAX_RATIO = 1.01;
const MICROS = 1_000_000;

const KEY = 'a-key-of-whoever-watches';
/** What the first page of the console looks at, which the gateway says as it changes. */
const ROOMS = ['$console/nodes', '$console/health', '$console/top'] as const;

interface Way {
  readonly name: string;
  readonly contestant: Contestant;
}

const PLAIN = createOutcry({ encoding: Encoding.Msgpack });
const WAYS: readonly Way[] = [
  { name: 'as it is', contestant: PLAIN },
  {
    name: 'traces on, none sampled',
    // Nobody listens there, and nobody is told anything.
    contestant: createOutcry({
      encoding: Encoding.Msgpack,
      settings: { OUTCRY_TRACE_URL: 'http://127.0.0.1:4318/v1/traces' },
    }),
  },
  { name: 'the console watches', contestant: { ...PLAIN, start: startWatched } },
];

/** What it costs that somebody could look, and that somebody does. */
export const OBSERVED: Experiment = {
  name: 'observed',
  summary: 'what traces that nobody samples and a console that watches cost, at the loads of fanout',
  run: async (context) => {
    const rows: Row[] = [];
    const bounds: Bound[] = [];
    for (const load of LOADS) {
      const trials = await runLoad(load, context);
      rows.push(...WAYS.map((way) => rowOf(load, way, trials)));
      bounds.push(...WAYS.slice(1).map((way) => boundOf(load, way, trials)));
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

type Trials = ReadonlyMap<Way, readonly TrialResult[]>;

/** In turn, so that whatever else the machine does falls on all of them. */
async function runLoad({ members, messagesPerSecond }: Load, context: ExperimentContext): Promise<Trials> {
  const { redisUrl, rounds, isQuick, progress } = context;
  const trials = new Map<Way, TrialResult[]>(WAYS.map((way) => [way, []]));
  for (let round = 1; round <= rounds; round += 1) {
    for (const way of WAYS) {
      const result = await runTrial(way.contestant, {
        redisUrl,
        members,
        messagesPerSecond,
        payloadBytes: PAYLOAD_BYTES,
        isQuick,
        measureMs: isQuick ? 1500 : 4000,
        publishesElsewhere: true,
      });
      trials.get(way)?.push(result);
      const cost = costOf(result).toFixed(2);
      progress(
        `observed ${String(members)} × ${String(messagesPerSecond)}/s, round ${String(round)}: ${way.name} ${cost} µs`,
      );
    }
  }
  return trials;
}

/** A gateway whose first page of the console somebody has open. */
async function startWatched(redisUrl: string): ReturnType<Contestant['start']> {
  const port = await leasePort();
  const watched = createOutcry({
    encoding: Encoding.Msgpack,
    settings: { OUTCRY_INTERNAL_PORT: String(port.port), OUTCRY_API_KEYS: KEY },
  });
  try {
    const server = await watched.start(redisUrl);
    await watch(`ws://127.0.0.1:${String(port.port)}/console/live`);
    return server;
  } finally {
    port[Symbol.dispose]();
  }
}

/** For as long as the gateway is there. */
async function watch(url: string): Promise<void> {
  const client = await RawClient.connect({ url, encoding: 'json', token: KEY });
  for (const room of ROOMS) await client.expectAnswer('joined', { type: 'join', room });
  for (const room of ROOMS) await client.next({ type: 'message', room });
}

function rowOf({ members, messagesPerSecond }: Load, way: Way, trials: Trials): Row {
  const results = trials.get(way) ?? [];
  const verdicts = new Set(results.map((result) => judgeTrial(result, messagesPerSecond)));
  return {
    load: `${String(members)} × ${String(messagesPerSecond)}/s`,
    contestant: way.name,
    cost: median(results.map(costOf)),
    ratio: ratioOf(way, trials),
    verdict: [...verdicts].join('; '),
  };
}

function boundOf({ members, messagesPerSecond }: Load, way: Way, trials: Trials): Bound {
  const load = `${String(members)} × ${String(messagesPerSecond)}/s`;
  return { what: `${load}: ${way.name}, of as it is`, limit: MAX_RATIO, measured: ratioOf(way, trials) };
}

function ratioOf(way: Way, trials: Trials): number {
  const [plain] = WAYS;
  const costs = (trials.get(way) ?? []).map(costOf);
  const least = (plain && trials.get(plain)) ?? [];
  return medianByRound(costs, least.map(costOf), (cost, other) => cost / other);
}

function costOf({ serverCpuSeconds, deliveries }: TrialResult): number {
  return (serverCpuSeconds * MICROS) / deliveries;
}
