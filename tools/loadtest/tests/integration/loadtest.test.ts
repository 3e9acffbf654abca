import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  type GatewayProcess,
  ServiceProcess,
  startGateway,
  startPublisher,
  startRedis,
  type TestRedis,
  uniquePrefix,
} from '@outcry/testkit';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { NO_FAULTS } from '../../src/check/faults.ts';
import { SCENARIOS } from '../../src/plan/scenario.ts';
import type { RunResult, ScenarioResult } from '../../src/result/run-result.ts';
import { REFUSED_TOKEN, startFaultyGateway } from '../support/faulty-gateway.ts';

const SHORT = ['-c', '12', '-d', '500ms', '--ramp', '50ms', '--settle', '3s'];
const PLENTY = ['-c', '5', '-d', '400ms', '--rate', '200', '--ramp', '0', '--settle', '1s', '--encoding', 'msgpack'];

/** Long for a busy machine. */
const START_DEADLINE_MS = 20_000;

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'outcry-loadtest-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

function start(...args: readonly string[]): ServiceProcess {
  return new ServiceProcess({ entry: 'tools/loadtest/src/main.ts', args });
}

/** Runs the program to its end. */
async function run(...args: readonly string[]): Promise<{ readonly code: number | null; readonly said: string }> {
  const program = start(...args);
  const { code } = await program.exited;
  return { code, said: program.output.join('\n') };
}

async function readResult(file: string): Promise<RunResult> {
  return JSON.parse(await readFile(file, 'utf8')) as RunResult;
}

async function readScenario(file: string): Promise<ScenarioResult> {
  const [scenario] = (await readResult(file)).scenarios;
  if (scenario === undefined) throw new Error(`${file} has no scenario`);
  return scenario;
}

describe('outcry-loadtest on two gateways', () => {
  let redis: TestRedis;
  let gateways: readonly GatewayProcess[];
  let publisher: ServiceProcess;
  let urls: readonly string[];

  beforeAll(async () => {
    redis = await startRedis();
    const shared = { redisUrl: redis.url, redisPrefix: uniquePrefix() };
    [publisher, ...gateways] = await Promise.all([
      startPublisher({ ...shared, feed: { symbols: 'BTCUSDT' } }),
      startGateway({ ...shared, nodeId: 'a' }),
      startGateway({ ...shared, nodeId: 'b' }),
    ]);
    urls = gateways.flatMap(({ url }) => ['--url', url]);
  });
  afterAll(async () => {
    await Promise.all([publisher, ...gateways].map((service) => service[Symbol.asyncDispose]()));
    await redis.stop();
  });

  it('runs every scenario, finds every sequence number on both, and reports in one file without a request', async () => {
    const [json, page] = [join(folder, 'all.json'), join(folder, 'all.html')];
    const { code, said } = await run(
      'all',
      ...urls,
      ...SHORT,
      '--stay',
      '100ms',
      '--away',
      '50ms',
      '--json',
      json,
      '--html',
      page,
    );
    expect(said).not.toContain('✗');
    expect(code).toBe(0);

    const { scenarios, hasPassed } = await readResult(json);
    expect(hasPassed).toBe(true);
    expect(scenarios.map(({ plan }) => plan.scenario)).toEqual(SCENARIOS);
    for (const { faults, targets, plan, counters } of scenarios) {
      expect(faults).toEqual(NO_FAULTS);
      expect(targets.map(({ delivered }) => delivered > 0)).toEqual([true, true]);
      expect(counters.acknowledged).toBe(counters.published);
      expect(counters.resumes > 0).toBe(plan.scenario === 'churn');
    }
    const report = await readFile(page, 'utf8');
    for (const scenario of SCENARIOS) expect(report).toContain(`data-scenario="${scenario}"`);
    expect(report).not.toMatch(/(?:src|href)="(?!#|data:)|url\((?!data:)|@import/);
  });

  it.concurrent('fails where a threshold does not hold, and says which', async () => {
    const { code, said } = await run(...urls, ...SHORT, '--max-p99', '0.001');
    expect(code).toBe(1);
    expect(said).toContain('✗ delivery p99');
  });

  it.concurrent('ends on a signal with the report so far', async () => {
    const json = join(folder, 'interrupted.json');
    const program = start('chat', ...urls, '-c', '12', '-d', '5m', '--ramp', '0', '--json', json);
    await vi.waitFor(
      () => {
        expect(program.output).toContain('chat: loading');
      },
      { timeout: START_DEADLINE_MS },
    );
    expect(await program.stop()).toEqual({ code: 130, signal: null });
    expect(await readScenario(json)).toMatchObject({ wasInterrupted: true, errors: [], faults: NO_FAULTS });
  });

  it.concurrent('names the books and classes that there are, where it is asked for others', async () => {
    expect(await run('feed', ...urls, '--symbols', 'NOPE')).toMatchObject({
      code: 2,
      said: expect.stringContaining('no book of NOPE; there are BTCUSDT') as string,
    });
    expect(await run('feed', ...urls, '--depth', '7')).toMatchObject({
      code: 2,
      said: expect.stringContaining('--depth 7 is not on offer; choose from') as string,
    });
  });
});

describe('outcry-loadtest on a server that does one thing wrong', () => {
  it.concurrent.each([
    ['drop', 1, 'lost'],
    ['repeat', 1, 'repeated'],
    ['swap', 1, 'inverted'],
    ['none', 0, undefined],
  ] as const)('counts what it does to messages: %s', async (fault, code, kind) => {
    await using gateway = await startFaultyGateway(fault);
    const json = join(folder, `${fault}.json`);
    expect(await run('-u', gateway.url, ...PLENTY, '--json', json)).toMatchObject({ code });
    const { faults } = await readScenario(json);
    // The last message may be held back for a swap that never comes.
    const wrong = Object.entries({ ...faults, lost: kind === 'inverted' ? 0 : faults.lost }).filter(([, n]) => n > 0);
    expect(wrong.map(([name]) => name)).toEqual(kind === undefined ? [] : [kind]);
  });

  it.concurrent('cannot begin with a token that is refused, or where nobody listens', async () => {
    const gateway = await startFaultyGateway('none');
    const refused = await run('-u', gateway.url, '--token', REFUSED_TOKEN);
    expect(refused).toMatchObject({ code: 2, said: expect.stringContaining('The token was refused') as string });
    await gateway[Symbol.asyncDispose]();
    const deserted = await run('-u', gateway.url);
    expect(deserted).toMatchObject({ code: 2, said: expect.stringContaining('Nobody listens there') as string });
  });
});
