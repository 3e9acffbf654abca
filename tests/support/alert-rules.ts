import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { parse } from 'yaml';

/** Where the rules are, and beside them, in `tests`, what promtool holds them to. */
export const ALERTS_FOLDER = fileURLToPath(new URL('../../deploy/observability/alerts/', import.meta.url));

export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** The files of the rules. */
export function ruleFiles(): readonly string[] {
  return filesOf(ALERTS_FOLDER);
}

/** The files of their tests. */
export function ruleTestFiles(): readonly string[] {
  return filesOf(`${ALERTS_FOLDER}tests/`);
}

export function readAlerts(): readonly AlertRule[] {
  return ruleFiles().flatMap((file) => {
    const { groups } = parse(readFileSync(file, 'utf8')) as { groups: readonly { rules: readonly AlertRule[] }[] };
    return groups.flatMap(({ rules }) => rules);
  });
}

/** The metrics that an expression of PromQL names: all of ours, and those that come with Node and Prometheus. */
export function metricsIn(expression: string): readonly string[] {
  return [...new Set(expression.match(/\b(?:outcry|process|nodejs)_\w+|\bup\b/g) ?? [])];
}

function filesOf(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => folder + name);
}
