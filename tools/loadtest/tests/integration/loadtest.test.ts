import {
  type GatewayProcess,
  type ServiceProcess,
  startGateway,
  startPublisher,
  startRedis,
  type TestRedis,
  uniquePrefix,
} from '@outcry/testkit';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { NO_FAULTS } from '../../src/check/faults.ts';
import { SCENARIOS } from '../../src/plan/scenario.ts';
import { runLoadtest, runToEnd, startLoadtest } from '../support/run-loadtest.ts';

const SHORT = ['-c', '12', '-d', '500ms', '--ramp', '50ms', '--settle', '3s'];

/** Long for a busy machine. */
const START_DEADLINE_MS = 20_000;

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

  it('runs every scenario, finds every message on both, and reports in one file without a request', async () => {
    const churn = ['--stay', '100ms', '--away', '50ms'];
    const { code, said, result, html } = await runLoadtest(['all', ...urls, ...SHORT, ...churn]);
    expect(said).not.toContain('✗');
    expect(code).toBe(0);

    expect(result).toMatchObject({ hasPassed: true, format: 2 });
    expect(result.scenarios.map(({ plan }) => plan.scenario)).toEqual(SCENARIOS);
    for (const { faults, targets, plan, counters, attendance, publishing, silence, stale } of result.scenarios) {
      expect(faults).toEqual(NO_FAULTS);
      expect(targets.map(({ delivered }) => delivered > 0)).toEqual([true, true]);
      expect(attendance).toEqual({ expected: 12, absent: 0 });
      if (plan.scenario === 'feed') expect(publishing).toBeNull();
      else expect(publishing?.acknowledged).toBe(publishing?.due);
      expect(counters.resumes > 0).toBe(plan.scenario === 'churn');
      expect(silence.listeners).toBe(plan.scenario === 'slow' ? 10 : 12);
      expect(silence.longestMs).toBeGreaterThan(0);
      expect(stale.count).toBe(0);
    }
    for (const scenario of SCENARIOS) expect(html).toContain(`data-scenario="${scenario}"`);
    expect(html).not.toMatch(/(?:src|href)="(?!#|data:)|url\((?!data:)|@import/);
  });

  it.concurrent('fails where a threshold does not hold, and says which', async () => {
    const { code, said, failed } = await runLoadtest([...urls, ...SHORT, '--max-p99', '0.001']);
    expect(code).toBe(1);
    expect(failed).toEqual(['delivery p99']);
    expect(said).toContain('✗ delivery p99');
  });

  it.concurrent('ends on a signal with the report so far', async () => {
    const { code, scenario } = await runLoadtest(
      ['chat', ...urls, '-c', '12', '-d', '5m', '--ramp', '0'],
      async (program) => {
        await vi.waitFor(
          () => {
            expect(program.output).toContain('chat: loading');
          },
          { timeout: START_DEADLINE_MS },
        );
        await program.stop();
      },
    );
    expect(code).toBe(130);
    expect(scenario).toMatchObject({ wasInterrupted: true, hasPassed: true, errors: [], faults: NO_FAULTS });
  });

  it.concurrent('names the books and classes that there are, where it is asked for others', async () => {
    expect(await runToEnd(startLoadtest('feed', ...urls, '--symbols', 'NOPE'))).toMatchObject({
      code: 2,
      said: expect.stringContaining('no book of NOPE; there are BTCUSDT') as string,
    });
    expect(await runToEnd(startLoadtest('feed', ...urls, '--depth', '7'))).toMatchObject({
      code: 2,
      said: expect.stringContaining('--depth 7 is not on offer; choose from') as string,
    });
  });
});
