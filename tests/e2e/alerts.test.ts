import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import { type AlertRule, metricsIn, readAlerts, ruleFiles, ruleTestFiles } from '../support/alert-rules.ts';
import { type MetricNames, readMetricNames } from './support/metric-names.ts';

const OPERATIONS = readFileSync(new URL('../../docs/OPERATIONS.md', import.meta.url), 'utf8');
const DEPLOY = fileURLToPath(new URL('../../deploy/', import.meta.url));
const DASHBOARDS = `${DEPLOY}observability/dashboards/`;
const COMPOSE_FILE = `${DEPLOY}docker-compose.yml`;
const PROMETHEUS_CONFIG = `${DEPLOY}observability/prometheus.yml`;
/** More are not read at night. */
const MAX_ALERTS = 20;
const SEVERITIES = ['critical', 'warning'];

const run = (program: string, ...args: readonly string[]): Promise<{ readonly stdout: string }> =>
  promisify(execFile)(program, args);

interface RuleTests {
  readonly tests: readonly {
    readonly alert_rule_test: readonly { alertname: string; exp_alerts: readonly unknown[] }[];
  }[];
}

describe('the alerts', () => {
  const alerts = readAlerts();

  it('are what Prometheus takes, and come and go as their tests say', async () => {
    await run('promtool', 'check', 'rules', ...ruleFiles());
    await run('promtool', 'test', 'rules', ...ruleTestFiles());
  });

  it('are loaded by the profile of compose, which Compose takes', async () => {
    const isV2 = await run('docker', 'compose', 'version').then(
      () => true,
      () => false,
    );
    const [program, ...words] = isV2 ? (['docker', 'compose'] as const) : (['docker-compose'] as const);
    const { stdout } = await run(program, ...words, '-f', COMPOSE_FILE, '--profile', 'observability', 'config');
    const { services } = parse(stdout) as { services: Readonly<Record<string, unknown>> };
    expect(Object.keys(services)).toEqual(expect.arrayContaining(['prometheus', 'grafana']));
    await run('promtool', 'check', 'config', '--syntax-only', PROMETHEUS_CONFIG);
  });

  it('have a test each in which it fires, and one in which it does not', () => {
    const checks = ruleTestFiles()
      .flatMap((file) => (parse(readFileSync(file, 'utf8')) as RuleTests).tests)
      .flatMap((test) => test.alert_rule_test);
    const namesWhere = (isFiring: boolean): readonly string[] => [
      ...new Set(checks.filter((check) => check.exp_alerts.length > 0 === isFiring).map(({ alertname }) => alertname)),
    ];
    const names = alerts.map(({ alert }) => alert).sort();
    expect([...namesWhere(true)].sort()).toEqual(names);
    expect([...namesWhere(false)].sort()).toEqual(names);
  });

  it('are few, each with a severity, words, and a runbook under its own heading', () => {
    expect(alerts.length).toBeLessThanOrEqual(MAX_ALERTS);
    expect(new Set(alerts.map(({ alert }) => alert)).size).toBe(alerts.length);
    for (const { alert, labels, annotations } of alerts) {
      expect(SEVERITIES, alert).toContain(labels['severity']);
      expect(annotations['summary'], alert).toMatch(/\w/);
      expect(annotations['description'], alert).toMatch(/\.$/);
      expect(annotations['runbook_url']).toBe(`docs/OPERATIONS.md#${alert.toLowerCase()}`);
      expect(runbookOf(alert), alert).toMatch(/^1\. |^As for /m);
    }
  });

  it('are all that have a runbook', () => {
    const headings = [...OPERATIONS.matchAll(/^### (Outcry\w+)$/gm)].map(([, heading]) => heading);
    expect([...headings].sort()).toEqual(alerts.map(({ alert }) => alert).sort());
  });

  describe('and what services expose', () => {
    let exposed: MetricNames;
    beforeAll(async () => {
      exposed = await readMetricNames();
    });

    it('go by metrics that are there before anything has happened', () => {
      const missing = alerts.flatMap((rule) => missingOf(rule, exposed.sampled));
      expect(missing).toEqual([]);
    });

    it('is all that dashboards draw', () => {
      const drawn = readdirSync(DASHBOARDS).flatMap((file) => metricsIn(readFileSync(DASHBOARDS + file, 'utf8')));
      expect(drawn.length).toBeGreaterThan(50);
      expect(drawn.filter((name) => name !== 'up' && !exposed.declared.has(name))).toEqual([]);
    });
  });
});

/** From its heading to the next. */
function runbookOf(alert: string): string | undefined {
  return OPERATIONS.split(`\n### ${alert}\n`)[1]?.split(/\n##/)[0];
}

function missingOf({ alert, expr }: AlertRule, exposed: ReadonlySet<string>): readonly string[] {
  return metricsIn(expr)
    .filter((name) => name !== 'up' && !exposed.has(name))
    .map((name) => `${alert}: ${name}`);
}
