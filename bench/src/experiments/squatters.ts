import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { BEARER_PREFIX, SUBPROTOCOLS } from '@outcry/protocol';
import { makeToken } from '@outcry/testkit';

import { createOutcry } from '../contestants/outcry.ts';
import type { ClientPlan } from '../generator/client-plan.ts';
import { startAttacker, startMembers, startPublisher } from '../generator/generator.ts';
import { stampedText } from '../generator/stamp.ts';
import type { AttackCount } from '../generator/attacker.ts';
import { planMembers } from '../measure/members.ts';
import { mainThreadCpuSecondsOf } from '../measure/process-stats.ts';
import { Scope } from '../measure/scope.ts';
import { bars } from '../report/bars.ts';
import type { Report } from '../report/report.ts';
import type { Experiment, ExperimentContext } from './experiment.ts';

const SQUATTERS = 5000;
const BAD_TOKENS_PER_SECOND = 1000;
const MEMBERS = 100;
const MESSAGES_PER_SECOND = 50;
const PAYLOAD_BYTES = 150;
const WARM_UP_MS = 2000;
/** The time in which squatters come, and that in which the last of them must go. */
const ATTACK_MS = 12_000;
const MAX_RATIO = 1.2;
const MAX_STAY_MS = 6000;
const USER_RIGHTS = { '*': ['read', 'write', 'signal', 'presence'] };

interface Phase {
  readonly name: string;
  readonly p50: number;
  readonly p99: number;
  readonly gateway: number;
}

interface Outcome {
  readonly phases: readonly Phase[];
  readonly attack: AttackCount;
}

/** Thousands who do not say who they are and thousands of bad tokens: what those notice who are in. */
export const SQUATTERS_EXPERIMENT: Experiment = {
  name: 'squatters',
  summary: '5,000 silent connections and 1,000 bad tokens/s, and what authenticated clients notice',
  run: (context) => Scope.run(async (scope) => createReport(await measure(scope, context))),
};

async function measure(scope: Scope, { redisUrl, isQuick, progress }: ExperimentContext): Promise<Outcome> {
  const secret = randomBytes(32).toString('base64url');
  const settings = { OUTCRY_AUTH_SECRET: secret, OUTCRY_REDIS_PREFIX: `bench${String(process.hrtime.bigint())}` };
  const outcry = createOutcry({ encoding: 'msgpack', settings });
  const server = scope.hold(await outcry.start(redisUrl));
  const url = `ws://127.0.0.1:${String(server.port)}/ws`;
  const identified = (plan: ClientPlan, user: string): ClientPlan => {
    const token = makeToken(secret, { sub: user, claims: { rooms: USER_RIGHTS } });
    return { ...plan, subprotocols: [SUBPROTOCOLS.msgpack, BEARER_PREFIX + token] };
  };
  const { dialect } = outcry;
  const members = scope.hold(startMembers());
  const plans = planMembers(outcry, server, MEMBERS).map((plan, i) => identified(plan, `member-${String(i)}`));
  await members.call('open', { plans, rules: dialect.rules, sampleEvery: 10 });
  const publisher = scope.hold(startPublisher());
  await publisher.call('open', {
    plan: identified({ url, localAddress: '127.0.0.1', ...dialect.greetPublisher() }, 'publisher'),
    rules: dialect.rules,
    frames: [dialect.publish(stampedText(PAYLOAD_BYTES))],
  });
  await publisher.call('start', { messagesPerSecond: MESSAGES_PER_SECOND });
  await sleep(WARM_UP_MS);

  const phases: Phase[] = [];
  const run = async (name: string, ms: number): Promise<void> => {
    await members.call('resetLatency', undefined);
    const [cpu, startedAt] = [mainThreadCpuSecondsOf(server.pid), performance.now()];
    await sleep(ms);
    const gateway = (mainThreadCpuSecondsOf(server.pid) - cpu) / ((performance.now() - startedAt) / 1000);
    const { p50, p99 } = await members.call('latency', undefined);
    phases.push({ name, p50, p99, gateway });
    progress(`squatters, ${name}: p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`);
  };
  const quietMs = isQuick ? 4000 : 10_000;
  await run('quiet, before', quietMs);
  const attacker = scope.hold(startAttacker());
  const token = makeToken('a secret of nobody’s, of any length');
  await attacker.call('start', { url, squatters: SQUATTERS, token, tokensPerSecond: BAD_TOKENS_PER_SECOND });
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
    title: `Squatters: ${String(MEMBERS)} authenticated members, ${String(MESSAGES_PER_SECOND)} messages/s; ${String(evicted)} of ${String(squatters)} silent connections closed, ${String(refused)} of ${String(badTokens)} bad tokens refused; p50 at ${ratioOf('p50').toFixed(2)} of quiet`,
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
