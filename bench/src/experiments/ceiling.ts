import { PROTOTYPE } from '../contestants/node-servers.ts';
import type { Contestant } from '../contestants/contestant.ts';
import { median, medianByRound } from '../measure/median.ts';
import { runTrial, type TrialResult } from '../measure/trial.ts';
import { bars } from '../report/bars.ts';
import type { Bound, Report, Row } from '../report/report.ts';
import type { Experiment, ExperimentContext } from './experiment.ts';
import { judgeTrial, MAX_P99_MS, refusalOf } from './verdict.ts';

const ROOMS = [1, 10];
const RATES = [300, 2000, 5000, 10_000, 20_000];
/** Clients that publish: as many as make it a crowd, each message a read of its own. */
const PUBLISHERS = 50;
const PROMISED = 'outcry-msgpack';
const MICROS = 1_000_000;
/** The part of its peak that is left at twice the load. */
const MIN_GOODPUT = 0.9;
/** What a message may cost of the prototype path's, at these rates. */
const MAX_RATIOS: ReadonlyMap<number, number> = new Map([
  [300, 1],
  [5000, 0.6],
]);

/** What a message costs that few get, from hardly any to more than there is room for. */
export const CEILING: Experiment = {
  name: 'ceiling',
  summary: `messages of ${String(PUBLISHERS)} clients to rooms of 1 and of 10, up to more than a server can do`,
  run: async (context) => {
    // What relays nothing through Redis has no ceiling of this kind.
    const contestants = [PROTOTYPE, ...context.contestants.filter(({ isClustered }) => isClustered)];
    const rows: Row[] = [];
    const bounds: Bound[] = [];
    for (const members of ROOMS) {
      const trials = new Map<string, Ladder>();
      for (let round = 1; round <= context.rounds; round += 1) {
        for (const contestant of contestants) {
          const ladder = trials.get(contestant.name) ?? new Map<string, Trial[]>();
          trials.set(contestant.name, ladder);
          await climb(contestant, { members, ladder, context, round });
        }
      }
      for (const { name, label } of contestants) rows.push(...rowsOf(label, members, trials.get(name)));
      bounds.push(...boundsOf(members, trials));
    }
    return createReport(rows, bounds);
  },
};

type Trial = TrialResult & { readonly rate: number };
/** By what was offered: a rate, or `twice the peak`. */
type Ladder = Map<string, Trial[]>;

const TWICE = 'twice the peak';

interface Climb {
  readonly members: number;
  readonly ladder: Ladder;
  readonly context: ExperimentContext;
  readonly round: number;
}

async function climb(contestant: Contestant, { members, ladder, context, round }: Climb): Promise<void> {
  const measure = async (step: string, rate: number): Promise<Trial> => {
    const result = await runTrial(contestant, {
      redisUrl: context.redisUrl,
      members,
      messagesPerSecond: rate,
      publishers: PUBLISHERS,
      payloadBytes: 150,
      isQuick: context.isQuick,
      measureMs: context.isQuick ? 1500 : 4000,
      publishesElsewhere: false,
    });
    const trial = { ...result, rate };
    ladder.set(step, [...(ladder.get(step) ?? []), trial]);
    context.progress(
      `ceiling, room of ${String(members)}, round ${String(round)}: ${contestant.label} ${step}: ${goodputOf(trial, members).toFixed(0)}/s, ${costOf(trial, members).toFixed(0)} µs, p50 ${trial.latency.p50.toFixed(2)} ms`,
    );
    return trial;
  };
  let peak = 0;
  for (const rate of RATES) {
    const trial = await measure(`${String(rate)}/s`, rate);
    if (refusalOf(trial) === undefined && trial.latency.p99 <= MAX_P99_MS) {
      peak = Math.max(peak, goodputOf(trial, members));
    }
  }
  if (peak > 0) await measure(TWICE, 2 * peak);
}

/** Messages that reached the room, for each second. */
function goodputOf({ deliveries, seconds }: TrialResult, members: number): number {
  return deliveries / members / seconds;
}

/** CPU µs of the server for each message that reached the room. */
function costOf(trial: TrialResult, members: number): number {
  return (trial.serverCpuSeconds * MICROS) / (goodputOf(trial, members) * trial.seconds);
}

function redisCostOf(trial: TrialResult, members: number): number {
  return (trial.redisCpuSeconds * MICROS) / (goodputOf(trial, members) * trial.seconds);
}

function rowsOf(contestant: string, members: number, ladder: Ladder = new Map()): Row[] {
  return [...ladder].map(([step, trials]) => ({
    room: `room of ${String(members)}`,
    contestant,
    step,
    cost: median(trials.map((trial) => costOf(trial, members))),
    redis: median(trials.map((trial) => redisCostOf(trial, members))),
    share: median(trials.map(({ serverCpuSeconds, seconds }) => serverCpuSeconds / seconds)),
    p50: median(trials.map(({ latency }) => latency.p50)),
    p99: median(trials.map(({ latency }) => latency.p99)),
    goodput: median(trials.map((trial) => goodputOf(trial, members))),
    verdict: [...new Set(trials.map((trial) => judgeTrial(trial, trial.rate)))].join('; '),
  }));
}

function boundsOf(members: number, trials: ReadonlyMap<string, Ladder>): Bound[] {
  const own = trials.get(PROMISED);
  const least = trials.get(PROTOTYPE.name);
  if (own === undefined || least === undefined) return [];
  const room = `room of ${String(members)}`;
  const costs = (ladder: Ladder, step: string): number[] =>
    (ladder.get(step) ?? []).map((trial) => costOf(trial, members));
  const ofLeast = [...MAX_RATIOS].map(([rate, limit]) => ({
    what: `${room}, ${String(rate)}/s: CPU per message, of the prototype path`,
    limit,
    measured: medianByRound(costs(own, `${String(rate)}/s`), costs(least, `${String(rate)}/s`), (a, b) => a / b),
  }));
  const atTwice = (own.get(TWICE) ?? []).map((trial) => goodputOf(trial, members) / (trial.rate / 2));
  const lostAtTwice = { what: `${room}: goodput lost at twice the peak`, limit: 1 - MIN_GOODPUT };
  return [...ofLeast, { ...lostAtTwice, measured: atTwice.length === 0 ? undefined : 1 - median(atTwice) }];
}

function createReport(rows: readonly Row[], bounds: readonly Bound[]): Report {
  return {
    title: `Ceiling: 150-byte messages of ${String(PUBLISHERS)} clients to a room that few are in, one server process`,
    columns: [
      { key: 'room', title: 'room' },
      { key: 'contestant', title: 'contestant' },
      { key: 'step', title: 'offered' },
      { key: 'cost', title: 'CPU µs/message', digits: 0 },
      { key: 'redis', title: 'Redis µs/message', digits: 0 },
      { key: 'share', title: 'of a core' },
      { key: 'p50', title: 'p50 ms' },
      { key: 'p99', title: 'p99 ms', digits: 1 },
      { key: 'goodput', title: 'messages/s', digits: 0 },
      { key: 'verdict', title: 'verdict' },
    ],
    rows,
    bounds,
    chart: bars({
      title: 'Messages that reached a room that few are in',
      rows,
      value: 'cost',
      axis: 'CPU µs per message (less is better)',
      panel: 'step',
    }),
  };
}
