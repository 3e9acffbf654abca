import { styleText } from 'node:util';

import type { GeneratorResult, ScenarioResult } from '../result/run-result.ts';
import type { LatencySummary } from '../measure/latency-summary.ts';
import { Scenario } from '../plan/scenario.ts';
import type { Publishing } from '../verdict/outcome.ts';
import { formatCount, formatMs, formatRate, formatShare, NOTHING } from '../format.ts';

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
  const { plan, counters, delivery, ack, connect } = result;
  const isFeed = plan.scenario === Scenario.Feed;
  return [
    ...(result.publishing === null ? [] : [line('published', describePublishing(result.publishing))]),
    line('delivered', `${formatCount(counters.delivered)} (${formatRate(result.deliveriesPerSecond)}/s)`),
    ...deliveryLines(result),
    line(isFeed ? 'age on arrival' : 'delivery', describeLatency(delivery)),
    ...(isFeed ? [] : [line('acknowledgement', describeLatency(ack))]),
    ...(plan.scenario === Scenario.Churn
      ? [
          line(
            'resumed',
            `${formatCount(counters.resumes)} times, ${formatCount(counters.caughtUp)} messages caught up`,
          ),
        ]
      : []),
    ...(plan.scenario === Scenario.Slow ? slowLines(result) : []),
    line('connecting', describeLatency(connect)),
    line('generator', describeGenerator(result.generator)),
  ];
}

/** How what came was, who was there for it, and for how long nothing came. */
function deliveryLines({ faults, counters, attendance, silence, stale }: ScenarioResult): readonly string[] {
  const { lost, repeated, inverted, gaps, altered, doubled, conflicting, undelivered } = faults;
  const present = attendance.expected - attendance.absent;
  return [
    line(
      'sequence',
      counters.delivered === 0
        ? NOTHING
        : `${formatCount(lost)} lost, ${formatCount(repeated)} repeated, ${formatCount(inverted)} inverted, ${formatCount(gaps)} gaps`,
    ),
    ...(altered + doubled + conflicting + undelivered === 0
      ? []
      : [
          line(
            'payloads',
            `${formatCount(altered)} altered, ${formatCount(doubled)} doubled, ${formatCount(conflicting)} conflicting, ${formatCount(undelivered)} undelivered`,
          ),
        ]),
    line('at the end', `${formatCount(present)} of ${formatCount(attendance.expected)} connected`),
    line(
      'longest silence',
      `${formatMs(silence.longestMs)}, median ${formatMs(silence.medianMs)}; the plan's is ${formatMs(silence.plannedMs)}`,
    ),
    ...(stale.count === 0
      ? []
      : [line('stale', `told ${formatCount(stale.count)} times, for up to ${formatMs(stale.longestMs)}`)]),
  ];
}

function describePublishing({ due, sent, acknowledged }: Publishing): string {
  if (due === 0) return NOTHING;
  return `${formatCount(sent)} of ${formatCount(due)} due, ${formatCount(acknowledged)} acknowledged`;
}

function describeGenerator({ cpuCores, processors, peakEventLoop, machineBusy }: GeneratorResult): string {
  const cores = cpuCores === null ? NOTHING : cpuCores.toFixed(2);
  return `${cores} of ${String(processors)} processors, busiest thread ${formatShare(peakEventLoop)}, machine ${formatShare(machineBusy)} busy`;
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
  if (count === 0) return NOTHING;
  return `p50 ${formatMs(p50)}   p90 ${formatMs(p90)}   p99 ${formatMs(p99)}   p99.9 ${formatMs(p999)}   max ${formatMs(max)}`;
}

function line(label: string, text: string): string {
  return `  ${styleText('dim', label.padEnd(LABEL_WIDTH))} ${text}`;
}
