import { makeToken } from '@outcry/testkit';

import type { SquatCount } from '../generator/squatters.ts';
import { startAttacker } from '../generator/generator.ts';
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

interface Outcome {
  readonly phases: readonly (Calm & { readonly name: string })[];
  readonly attack: SquatCount;
}

/** Thousands who do not say who they are and thousands of bad tokens: what those notice who are in. */
export const SQUATTERS_EXPERIMENT: Experiment = {
  name: 'squatters',
  summary: '5,000 silent connections and 1,000 bad tokens/s, and what authenticated clients notice',
  run: (context) => Scope.run(async (scope) => createReport(await measure(scope, context))),
};

async function measure(scope: Scope, { redisUrl, isQuick, progress }: ExperimentContext): Promise<Outcome> {
  const bystanders = await Bystanders.gather(scope, redisUrl);
  const phases: Outcome['phases'][number][] = [];
  const run = async (name: string, ms: number): Promise<void> => {
    const calm = await bystanders.watch(ms);
    phases.push({ name, ...calm });
    progress(`squatters, ${name}: p50 ${calm.p50.toFixed(2)} ms, p99 ${calm.p99.toFixed(2)} ms`);
  };
  const quietMs = isQuick ? 4000 : 10_000;
  await run('quiet, before', quietMs);
  const attacker = scope.hold(startAttacker());
  const token = makeToken('a secret of nobody’s, of any length');
  await attacker.call('squat', {
    url: bystanders.url,
    squatters: SQUATTERS,
    token,
    tokensPerSecond: BAD_TOKENS_PER_SECOND,
  });
  await run('under attack', ATTACK_MS);
  await attacker.call('stop', undefined);
  await run('quiet, after', quietMs);
  return { phases, attack: await attacker.call('count', undefined) };
}

function createReport({ phases, attack }: Outcome): Report {
  const rows = phases.map((phase) => ({ ...phase, contestant: phase.name }));
  const [before, under] = phases;
  const ratioOf = (percentile: 'p50' | 'p99'): number => (under?.[percentile] ?? NaN) / (before?.[percentile] ?? NaN);
  const { squatters, evicted, badTokens, refused, slowestEvictionMs } = attack;
  return {
    title: `Squatters: ${String(BYSTANDERS)} authenticated members, ${String(BYSTANDER_MESSAGES_PER_SECOND)} messages/s; ${String(evicted)} of ${String(squatters)} silent connections closed, ${String(refused)} of ${String(badTokens)} bad tokens refused; p50 at ${ratioOf('p50').toFixed(2)} of quiet`,
    columns: [
      { key: 'name', title: 'phase' },
      { key: 'p50', title: 'p50 ms' },
      { key: 'p99', title: 'p99 ms' },
      { key: 'gateway', title: 'gateway CPU' },
    ],
    rows,
    bounds: [
      { what: 'p99 of the members, of that in quiet', limit: MAX_RATIO, measured: ratioOf('p99') },
      { what: 'longest stay of a squatter, ms', limit: MAX_STAY_MS, measured: slowestEvictionMs },
      {
        what: 'squatters and bad tokens that were not closed',
        limit: 0,
        measured: squatters - evicted + badTokens - refused,
      },
    ],
    chart: bars({ title: 'p99 of authenticated members', rows, value: 'p99', axis: 'ms (less is better)' }),
  };
}
