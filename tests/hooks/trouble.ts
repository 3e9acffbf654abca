import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  type GatewayProcess,
  HookServer,
  startGateway,
  type TestRedis,
  uniquePrefix,
  UNLIMITED,
} from '@outcry/testkit';

import { metricOf, metricsOf } from '../metrics.ts';
import { Bystander, quantile } from '../security/costs/support/bystander.ts';
import { eventually, last } from '../support/eventually.ts';
import type { Fault } from './faults.ts';
import { Speakers } from './speakers.ts';

const SECRET = 'a-secret-of-at-least-thirty-two-characters';
/** Each time quiet, trouble, quiet again: so what else the machine does meets both alike. */
const CYCLES = 3;
const SPEAKERS = 8;
const BYSTANDERS = 2;
const BREAKER_OPEN_MS = 1000;
const P99 = 0.99;
const MAX_P99_RATIO = 1.2;
/** Between a fault and what it leads to, on a machine that is busy besides. */
const CHANGE_DEADLINE_MS = 30_000;
const RULES = { rules: [{ pattern: 'bystanders', hooks: [] }] };
/** What comes of a question that was sent. */
const SENT = ['answered', 'deadline', 'unreachable', 'status', 'invalid'];

/** What it means that the server does not answer. */
export type Rule = 'deny' | 'allow';

export interface Trouble {
  readonly redis: TestRedis;
  readonly fault: Fault;
  readonly rule: Rule;
  readonly windowMs: number;
}

/** A row of the table. */
export interface Row {
  readonly what: string;
  readonly 'p99 of others, quiet': string;
  readonly meanwhile: string;
  readonly ratio: string;
  readonly 'opens after': string;
  readonly 'asked while open': string;
  readonly 'closes after': string;
  readonly answers: string;
  readonly holds: boolean;
}

interface Cycle {
  readonly quietMs: readonly number[];
  readonly troubledMs: readonly number[];
  /** Publishes of others that were refused. */
  readonly refused: number;
  readonly opensMs: number;
  readonly closesMs: number;
  /** Questions while the breaker was open, and how many they may have been. */
  readonly asked: number;
  readonly maxAsked: number;
  readonly answers: readonly string[];
}

interface Stage {
  readonly server: HookServer;
  readonly gateway: GatewayProcess;
  readonly bystanders: readonly Bystander[];
  readonly speakers: Speakers;
}

/** What others on a gateway notice while the server of some is in trouble, and what those are told. */
export async function goThrough({ redis, fault, rule, windowMs }: Trouble): Promise<Row> {
  const folder = mkdtempSync(join(tmpdir(), 'outcry-hooks-'));
  const roomRulesFile = join(folder, 'rooms.json');
  writeFileSync(roomRulesFile, JSON.stringify(RULES));
  const parts: AsyncDisposable[] = [];
  const keep = <P extends AsyncDisposable>(part: P): P => {
    parts.unshift(part);
    return part;
  };
  try {
    const server = keep(await HookServer.start());
    const gateway = keep(
      await startGateway({
        ...UNLIMITED,
        ...{ redisUrl: redis.url, redisPrefix: uniquePrefix(), roomRulesFile },
        ...{ hooksSecret: SECRET, hooksPublishUrl: server.urlOf('publish'), hooksPublishOnFailure: rule },
        ...{ hooksPlainHttp: true, hooksBreakerOpenMs: BREAKER_OPEN_MS },
      }),
    );
    const joining = Array.from({ length: BYSTANDERS }, async () => keep(await Bystander.join(gateway.url)));
    const bystanders = await Promise.all(joining);
    const speakers = keep(await Speakers.join(gateway.url, SPEAKERS));
    // What is compiled at the first use is not what is measured.
    await last(windowMs);
    const cycles: Cycle[] = [];
    while (cycles.length < CYCLES) cycles.push(await cycle({ server, gateway, bystanders, speakers }, fault, windowMs));
    return judge({ what: `${fault.name}, ${rule}`, cycles, rule });
  } finally {
    for (const part of parts) await part[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  }
}

async function cycle(stage: Stage, fault: Fault, windowMs: number): Promise<Cycle> {
  const { server, gateway, speakers } = stage;
  await takeAll(stage);
  await last(windowMs);
  const quiet = await takeAll(stage);
  const opensMs = await untilBreaker(gateway, 'open', () => fault.begin(server));
  await speakers.nextAnswers();
  speakers.take();
  const [askedBefore, openAt] = [await askedOf(gateway), performance.now()];
  await last(windowMs);
  const asked = (await askedOf(gateway)) - askedBefore;
  // One at the end of each time that it is open, and the one that is under way when the window begins.
  const maxAsked = Math.ceil((performance.now() - openAt) / BREAKER_OPEN_MS) + 1;
  const answers = speakers.take();
  const troubled = await takeAll(stage);
  const closesMs = await untilBreaker(gateway, 'closed', () => fault.end(server));
  await eventually(
    async () => {
      await speakers.nextAnswers();
      return speakers.take().every((answer) => answer === 'ack');
    },
    { deadlineMs: CHANGE_DEADLINE_MS, describe: () => 'speakers are not heard' },
  );
  const refused = quiet.refused + troubled.refused;
  const waits = { quietMs: quiet.waitsMs, troubledMs: troubled.waitsMs };
  return { ...waits, refused, opensMs, closesMs, asked, maxAsked, answers };
}

async function takeAll({ bystanders }: Stage): Promise<{ readonly waitsMs: number[]; readonly refused: number }> {
  const notices = await Promise.all(bystanders.map((bystander) => bystander.take()));
  return {
    waitsMs: notices.flatMap(({ waitsMs }) => waitsMs),
    refused: notices.reduce((sum, { refused }) => sum + refused, 0),
  };
}

/** How long the breaker takes into a state once something has happened. */
async function untilBreaker(
  gateway: GatewayProcess,
  state: 'open' | 'closed',
  happen: () => Promise<void> | void,
): Promise<number> {
  const name = `outcry_gateway_hook_breaker_changes_total{hook="publish",state="${state}"}`;
  const before = await metricOf(gateway, name);
  await happen();
  return eventually(async () => (await metricOf(gateway, name)) > before, {
    deadlineMs: CHANGE_DEADLINE_MS,
    describe: () => `the breaker is not ${state}`,
  });
}

async function askedOf(gateway: GatewayProcess): Promise<number> {
  const names = SENT.map((outcome) => `outcry_gateway_hook_calls_total{hook="publish",outcome="${outcome}"}`);
  return (await metricsOf(gateway, ...names)).reduce((sum, count) => sum + count, 0);
}

interface Found {
  readonly what: string;
  readonly cycles: readonly Cycle[];
  readonly rule: Rule;
}

function judge({ what, cycles, rule }: Found): Row {
  const [quiet, troubled] = (['quietMs', 'troubledMs'] as const).map((part) =>
    quantile(
      cycles.flatMap((each) => each[part]),
      P99,
    ),
  ) as [number, number];
  const ratio = troubled / quiet;
  const answers = new Set(cycles.flatMap((each) => each.answers));
  const [asked, maxAsked] = (['asked', 'maxAsked'] as const).map((count) =>
    cycles.reduce((sum, each) => sum + each[count], 0),
  ) as [number, number];
  const isRuled = answers.size === 1 && answers.has(rule === 'deny' ? 'unavailable' : 'ack');
  const isUnnoticed = ratio <= MAX_P99_RATIO && cycles.every(({ refused }) => refused === 0);
  const longest = (part: 'opensMs' | 'closesMs'): string =>
    `${(Math.max(...cycles.map((each) => each[part])) / 1000).toFixed(1)} s`;
  return {
    what,
    'p99 of others, quiet': `${quiet.toFixed(1)} ms`,
    meanwhile: `${troubled.toFixed(1)} ms`,
    ratio: ratio.toFixed(2),
    'opens after': longest('opensMs'),
    'asked while open': `${String(asked)} of ${String(maxAsked)}`,
    'closes after': longest('closesMs'),
    answers: [...answers].join(', '),
    holds: isRuled && isUnnoticed && cycles.every((each) => each.asked <= each.maxAsked),
  };
}
