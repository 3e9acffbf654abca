import { median, medianByRound } from '../measure/median.ts';
import { runTrial, type TrialResult } from '../measure/trial.ts';
import { bars } from '../report/bars.ts';
import type { Bound, Report, Row } from '../report/report.ts';
import type { Experiment, ExperimentContext } from './experiment.ts';
import { judgeTrial, MAX_P99_MS } from './verdict.ts';

interface Load {
  readonly members: number;
  readonly messagesPerSecond: number;
  /** More than bare uWebSockets.js can keep up with. */
  readonly isFlood?: boolean;
}

const LOADS: readonly Load[] = [
  { members: 1000, messagesPerSecond: 100 },
  { members: 1000, messagesPerSecond: 300 },
  { members: 300, messagesPerSecond: 1000 },
  { members: 100, messagesPerSecond: 3000 },
  { members: 1000, messagesPerSecond: 2000, isFlood: true },
];

const PAYLOAD_BYTES = 150;
const REFERENCE = 'bare-uws';
/** Begins the names of outcry's own contestants. */
const OWN = 'outcry-';
const PROMISED = 'outcry-msgpack';
const MAX_JSON_RATIO = 1.15;
/** What outcry's CPU per delivery may be of others', where there are any. */
const MAX_RATIOS: readonly (readonly [name: string, title: string, limit: number])[] = [
  [REFERENCE, 'bare uWebSockets.js', 0.9],
  ['centrifugo', 'Centrifugo', 0.6],
];
/** Below so much of a core latency counts: what the median may be of bare uWebSockets.js's. */
const FREE_SHARE = 0.5;
const MAX_P50_RATIO = 1.3;
const MICROS = 1_000_000;

/** One room, everybody in it gets everything: what a delivery costs, and how long it takes. */
export const FANOUT: Experiment = {
  name: 'fanout',
  summary: 'CPU per delivery and latency of one room, at five loads',
  run: async (context) => {
    const rows: Row[] = [];
    const bounds: Bound[] = [];
    for (const load of LOADS) {
      const trials = await runLoad(load, context);
      rows.push(...rowsOf(load, trials, context));
      bounds.push(...boundsOf(load, trials));
    }
    return createReport(rows, bounds);
  },
};

type Trials = ReadonlyMap<string, readonly TrialResult[]>;

/** Contestants take turns, so that whatever else the machine does falls on all of them. */
async function runLoad({ members, messagesPerSecond }: Load, context: ExperimentContext): Promise<Trials> {
  const trials = new Map<string, TrialResult[]>();
  for (let round = 1; round <= context.rounds; round += 1) {
    for (const contestant of context.contestants) {
      const result = await runTrial(contestant, {
        redisUrl: context.redisUrl,
        members,
        messagesPerSecond,
        payloadBytes: PAYLOAD_BYTES,
        isQuick: context.isQuick,
        measureMs: context.isQuick ? 1500 : 2500,
        publishesElsewhere: true,
      });
      trials.set(contestant.name, [...(trials.get(contestant.name) ?? []), result]);
      const cost = microsPerDelivery([result]).toFixed(2);
      context.progress(
        `fanout ${String(members)} × ${String(messagesPerSecond)}/s, round ${String(round)}: ${contestant.label} ${cost} µs`,
      );
    }
  }
  return trials;
}

function rowsOf({ members, messagesPerSecond }: Load, trials: Trials, { contestants }: ExperimentContext): Row[] {
  const reference = trials.get(REFERENCE);
  return contestants.map(({ name, label }) => {
    const results = trials.get(name) ?? [];
    const cheaper = contestants.filter(
      (other) => isOwn(name) && !isOwn(other.name) && costsMore(trials, name, other.name),
    );
    const verdicts = [
      ...results.map((result) => judgeTrial(result, messagesPerSecond)),
      ...cheaper.map((other) => `costs more than ${other.label}`),
    ];
    return {
      load: `${String(members)} × ${String(messagesPerSecond)}/s`,
      contestant: label,
      cost: microsPerDelivery(results),
      ratio: reference && ratioOf(results, reference),
      p50: median(results.map(({ latency }) => latency.p50)),
      p99: median(results.map(({ latency }) => latency.p99)),
      deliveredPerSecond: median(results.map(({ deliveries, seconds }) => deliveries / seconds)),
      generator: Math.max(...results.map(({ membersShare }) => membersShare)),
      verdict: [...new Set(verdicts)].join('; '),
    };
  });
}

function isOwn(name: string): boolean {
  return name.startsWith(OWN);
}

function costsMore(trials: Trials, name: string, otherName: string): boolean {
  return ratioOf(trials.get(name) ?? [], trials.get(otherName) ?? []) > 1;
}

function boundsOf({ members, messagesPerSecond, isFlood = false }: Load, trials: Trials): Bound[] {
  const promised = trials.get(PROMISED);
  if (promised === undefined) return [];
  const load = `${String(members)} × ${String(messagesPerSecond)}/s`;
  const ratioTo = (name: string): number | undefined => {
    const other = trials.get(name);
    return other && ratioOf(promised, other);
  };
  const json = ratioTo('outcry-json');
  const bounds: Bound[] = [
    { what: `${load}: JSON members, of msgpack members`, limit: MAX_JSON_RATIO, measured: json && 1 / json },
  ];
  for (const [name, title, limit] of MAX_RATIOS) {
    if (trials.has(name))
      bounds.push({ what: `${load}: CPU per delivery, of ${title}`, limit, measured: ratioTo(name) });
  }
  if (!isFlood) return [...bounds, ...latencyBoundsOf(load, promised, trials.get(REFERENCE))];
  return [
    {
      what: `${load}: messages that did not arrive`,
      limit: 0,
      measured: Math.max(...promised.map(({ lost }) => lost)),
    },
    { what: `${load}: p99, ms`, limit: MAX_P99_MS, measured: median(promised.map(({ latency }) => latency.p99)) },
    ...bounds,
  ];
}

/** Where the gateway has room on its core, messages go at once. */
function latencyBoundsOf(
  load: string,
  promised: readonly TrialResult[],
  reference: readonly TrialResult[] | undefined,
): Bound[] {
  const share = median(promised.map(({ serverCpuSeconds, seconds }) => serverCpuSeconds / seconds));
  if (reference === undefined || share >= FREE_SHARE) return [];
  const p50sOf = (results: readonly TrialResult[]): number[] => results.map(({ latency }) => latency.p50);
  const measured = medianByRound(p50sOf(promised), p50sOf(reference), (own, least) => own / least);
  return [{ what: `${load}: p50, of bare uWebSockets.js`, limit: MAX_P50_RATIO, measured }];
}

function microsPerDelivery(results: readonly TrialResult[]): number {
  return median(costsOf(results));
}

function ratioOf(results: readonly TrialResult[], reference: readonly TrialResult[]): number {
  return medianByRound(costsOf(results), costsOf(reference), (cost, least) => cost / least);
}

function costsOf(results: readonly TrialResult[]): number[] {
  return results.map(({ serverCpuSeconds, deliveries }) => (serverCpuSeconds * MICROS) / deliveries);
}

function createReport(rows: readonly Row[], bounds: readonly Bound[]): Report {
  return {
    title: 'Fan-out: one room, 150-byte messages, CPU of the server process that the members are connected to',
    columns: [
      { key: 'load', title: 'members × messages' },
      { key: 'contestant', title: 'contestant' },
      { key: 'cost', title: 'CPU µs/delivery' },
      { key: 'ratio', title: 'of bare uWS' },
      { key: 'p50', title: 'p50 ms', digits: 1 },
      { key: 'p99', title: 'p99 ms', digits: 1 },
      { key: 'deliveredPerSecond', title: 'deliveries/s', digits: 0 },
      { key: 'generator', title: 'generator CPU' },
      { key: 'verdict', title: 'verdict' },
    ],
    rows,
    bounds,
    chart: bars({
      title: 'Server CPU per delivery, 150-byte messages to one room',
      rows,
      value: 'cost',
      axis: 'CPU µs per delivery (less is better)',
      panel: 'load',
    }),
  };
}
