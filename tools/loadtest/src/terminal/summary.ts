import { styleText } from 'node:util';

import type { ScenarioResult } from '../result/run-result.ts';
import type { LatencySummary } from '../measure/latency-summary.ts';
import { Scenario } from '../plan/scenario.ts';
import { formatCount, formatMs, formatShare } from '../report/format.ts';

const LABEL_WIDTH = 16;
const MAX_ERRORS_SHOWN = 5;

/** What a person at the terminal wants to know of a scenario. */
export function describeResult(result: ScenarioResult): string {
  const { plan, hasPassed, wasInterrupted, loadSeconds } = result;
  const verdict = hasPassed ? styleText(['bold', 'green'], 'passed') : styleText(['bold', 'red'], 'failed');
  const interrupted = wasInterrupted ? ', interrupted' : '';
  return [
    `${styleText('bold', plan.scenario)} ${verdict}  ${formatCount(plan.connections)} connections on ${formatCount(plan.urls.length)} ${plan.urls.length === 1 ? 'target' : 'targets'}, ${loadSeconds.toFixed(0)} s${interrupted}`,
    ...figureLines(result),
    ...result.checks
      .filter(({ hasPassed: isFine }) => !isFine)
      .map(({ name, limit, actual }) => `  ${styleText('red', '✗')} ${name}: ${actual} (expected ${limit})`),
    ...result.errors.slice(0, MAX_ERRORS_SHOWN).map(({ what, count }) => `    ${formatCount(count)} × ${what}`),
    ...result.warnings.map((warning) => `  ${styleText('yellow', '!')} ${warning}`),
    '',
  ].join('\n');
}

function figureLines(result: ScenarioResult): readonly string[] {
  const { plan, counters, deliveriesPerSecond, faults, delivery, ack, connect, generator } = result;
  const isFeed = plan.scenario === Scenario.Feed;
  const lines = [
    line('delivered', `${formatCount(counters.delivered)} (${formatCount(deliveriesPerSecond)}/s)`),
    line(
      'sequence',
      `${formatCount(faults.lost)} lost, ${formatCount(faults.repeated)} repeated, ${formatCount(faults.inverted)} inverted, ${formatCount(faults.gaps)} gaps`,
    ),
    line(isFeed ? 'age on arrival' : 'delivery', describeLatency(delivery)),
  ];
  if (!isFeed) {
    lines.splice(
      1,
      0,
      line('published', `${formatCount(counters.published)}, ${formatCount(counters.acknowledged)} acknowledged`),
    );
    lines.push(line('acknowledgement', describeLatency(ack)));
  }
  if (plan.scenario === Scenario.Churn) {
    lines.push(
      line('resumed', `${formatCount(counters.resumes)} times, ${formatCount(counters.caughtUp)} messages caught up`),
    );
  }
  if (plan.scenario === Scenario.Slow) lines.push(...slowLines(result));
  return [
    ...lines,
    line('connecting', describeLatency(connect)),
    line(
      'generator',
      `${generator.cpuCores.toFixed(2)} of ${String(generator.processors)} processors, busiest thread ${formatShare(generator.peakEventLoop)}, machine ${formatShare(generator.machineBusy)} busy`,
    ),
  ];
}

function slowLines({ counters, slowFaults, slowDelivery }: ScenarioResult): readonly string[] {
  return [
    line(
      'slow readers',
      `${formatCount(counters.lagging)} × lagging, ${formatCount(counters.evicted)} × sent away, ${formatCount(counters.caughtUp)} messages caught up, ${formatCount(slowFaults.gaps)} gaps`,
    ),
    line('their delivery', describeLatency(slowDelivery)),
  ];
}

function describeLatency({ count, p50, p90, p99, p999, max }: LatencySummary): string {
  if (count === 0) return '–';
  return `p50 ${formatMs(p50)}   p90 ${formatMs(p90)}   p99 ${formatMs(p99)}   p99.9 ${formatMs(p999)}   max ${formatMs(max)}`;
}

function line(label: string, text: string): string {
  return `  ${styleText('dim', label.padEnd(LABEL_WIDTH))} ${text}`;
}
