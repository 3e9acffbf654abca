import { makeToken } from '@outcry/testkit';

import type { SquatCount } from '../generator/squatters.ts';
import { startAttacker } from '../generator/generator.ts';
import { median } from '../measure/median.ts';
import { BYSTANDER_MESSAGES_PER_SECOND, BYSTANDERS, Bystanders, type Calm } from '../measure/bystanders.ts';
import { Scope } from '../measure/scope.ts';
import { bars } from '../report/bars.ts';
import type { Report } from '../report/report.ts';
import type { Experiment, ExperimentContext } from './experiment.ts';

const SQUATTERS = 5000;
const BAD_TOKENS_PER_SECOND = 1000;
/** The time in which squatters come, and that in which the last of them must go. */
const ATTACK_MS = 12_000;
const MAX_RATIO = 1.2;
const MAX_STAY_MS = 6000;

const PHASES = ['quiet, before', 'under attack', 'quiet, after'] as const;
type Phase = (typeof PHASES)[number];

interface Outcome {
  readonly calm: Readonly<Record<Phase, Calm>>;
  readonly attack: SquatCount;
}

/** Thousands who do not say who they are and thousands of bad tokens: what those notice who are in. */
export const SQUATTERS_EXPERIMENT: Experiment = {
  name: 'squatters',
  summary: '5,000 silent connections and 1,000 bad tokens/s, and what authenticated clients notice',
  run: async (context) => {
    const outcomes: Outcome[] = [];
    for (let round = 1; round <= context.rounds; round += 1) {
      outcomes.push(await Scope.run((scope) => measure(scope, context, round)));
    }
    return createReport(outcomes);
  },
};

async function measure(scope: Scope, context: ExperimentContext, round: number): Promise<Outcome> {
  const { redisUrl, isQuick, progress } = context;
  const bystanders = await Bystanders.gather(scope, redisUrl);
  const watch = async (phase: Phase, ms: number): Promise<Calm> => {
    const calm = await bystanders.watch(ms);
    progress(
      `squatters, round ${String(round)}, ${phase}: p50 ${calm.p50.toFixed(2)} ms, p99 ${calm.p99.toFixed(2)} ms`,
    );
    return calm;
  };
  const quietMs = isQuick ? 4000 : 10_000;
  const before = await watch('quiet, before', quietMs);
  const attacker = scope.hold(startAttacker());
  const token = makeToken('a secret of nobody’s, of any length');
  await attacker.call('squat', {
    url: bystanders.url,
    squatters: SQUATTERS,
    token,
    tokensPerSecond: BAD_TOKENS_PER_SECOND,
  });
  const under = await watch('under attack', ATTACK_MS);
  await attacker.call('stop', undefined);
  const after = await watch('quiet, after', quietMs);
  const attack = await attacker.call('count', undefined);
  return { calm: { 'quiet, before': before, 'under attack': under, 'quiet, after': after }, attack };
}

function createReport(outcomes: readonly Outcome[]): Report {
  const rows = PHASES.map((name) => {
    const calm = outcomes.map((outcome) => outcome.calm[name]);
    const of = (figure: keyof Calm): number => median(calm.map(({ [figure]: value }) => value));
    return { contestant: name, p50: of('p50'), p99: of('p99'), gateway: of('gateway') };
  });
  const ratioOf = (percentile: 'p50' | 'p99'): number =>
    median(outcomes.map(({ calm }) => calm['under attack'][percentile] / quietOf(calm, percentile)));
  const sumOf = (count: keyof SquatCount): number => outcomes.reduce((sum, { attack }) => sum + attack[count], 0);
  const [squatters, evicted, badTokens, refused] = [
    sumOf('squatters'),
    sumOf('evicted'),
    sumOf('badTokens'),
    sumOf('refused'),
  ];
  return {
    title: `Squatters: ${String(BYSTANDERS)} authenticated members, ${String(BYSTANDER_MESSAGES_PER_SECOND)} messages/s; ${String(evicted)} of ${String(squatters)} silent connections closed, ${String(refused)} of ${String(badTokens)} bad tokens refused; p50 at ${ratioOf('p50').toFixed(2)} of quiet`,
    columns: [
      { key: 'contestant', title: 'phase' },
      { key: 'p50', title: 'p50 ms' },
      { key: 'p99', title: 'p99 ms' },
      { key: 'gateway', title: 'gateway CPU' },
    ],
    rows,
    bounds: [
      { what: 'p99 of the members, of that in quiet', limit: MAX_RATIO, measured: ratioOf('p99') },
      {
        what: 'longest stay of a squatter, ms',
        limit: MAX_STAY_MS,
        measured: Math.max(...outcomes.map(({ attack }) => attack.slowestEvictionMs)),
      },
      {
        what: 'squatters and bad tokens that were not closed',
        limit: 0,
        measured: squatters - evicted + badTokens - refused,
      },
    ],
    chart: bars({ title: 'p99 of authenticated members', rows, value: 'p99', axis: 'ms (less is better)' }),
  };
}

/** The mean of the quiet before and behind it: the machine changes meanwhile. */
function quietOf(calm: Outcome['calm'], percentile: 'p50' | 'p99'): number {
  return (calm['quiet, before'][percentile] + calm['quiet, after'][percentile]) / 2;
}
