import { addFaults, type Faults } from '../check/faults.ts';
import type { StaleSpells } from '../check/staleness.ts';
import { processors } from '../measure/generator-meter.ts';
import { percentileCurve, summarize } from '../measure/latency-summary.ts';
import type { Counters } from '../measure/sample.ts';
import type { Plan } from '../plan/plan.ts';
import { Scenario } from '../plan/scenario.ts';
import type { GeneratorResult, ScenarioResult, TargetResult } from '../result/run-result.ts';
import { judge } from '../verdict/judge.ts';
import type { Attendance, Publishing } from '../verdict/outcome.ts';
import { summarizeSilence } from '../verdict/summarize-silence.ts';
import type { Thresholds } from '../verdict/thresholds.ts';
import type { Tally } from './tally.ts';
import { findWarnings } from './warnings.ts';

export interface FinishedRun {
  readonly plan: Plan;
  readonly thresholds: Thresholds;
  readonly tally: Tally;
  readonly wasInterrupted: boolean;
  /** When the load began and ended, in seconds since the start. */
  readonly load: { readonly from: number; readonly to: number };
  readonly faults: Faults;
  readonly slowFaults: Faults;
  readonly attendance: Attendance;
  /** Of each that listened. */
  readonly silencesMs: readonly number[];
  readonly stale: StaleSpells;
  /** Messages that were too long ago to be compared with others. */
  readonly notCompared: number;
}

/** Sums up and judges a run. */
export function toResult({
  plan,
  thresholds,
  tally,
  load,
  silencesMs,
  notCompared,
  ...run
}: FinishedRun): ScenarioResult {
  const loadSeconds = load.to - load.from;
  const figures = {
    attendance: run.attendance,
    publishing: publishingOf(plan, tally.counters),
    silence: summarizeSilence(silencesMs, { plan, maxSilenceMs: thresholds.maxSilenceMs }),
    stale: run.stale,
    wasInterrupted: run.wasInterrupted,
    deliveriesPerSecond: loadSeconds > 0 ? tally.counters.delivered / loadSeconds : null,
    delivery: summarize(tally.delivery),
    ack: summarize(tally.ack),
    connect: summarize(tally.connect),
  };
  const checks = judge(thresholds, {
    ...figures,
    // Slow readers may be told of gaps; what they get has to be in order and unchanged all the same.
    faults: { ...addFaults(run.faults, run.slowFaults), gaps: run.faults.gaps },
    errors: tally.errorCount,
    deliveries: tally.counters.delivered,
  });
  const generator = describeGenerator(plan, tally, load);
  return {
    plan,
    hasPassed: checks.every(({ hasPassed }) => hasPassed),
    ...figures,
    checks,
    faults: run.faults,
    slowFaults: run.slowFaults,
    loadSeconds,
    counters: tally.counters,
    slowDelivery: summarize(tally.slowDelivery),
    join: summarize(tally.join),
    percentiles: percentileCurve(tally.delivery),
    targets: targetsOf(plan, tally),
    errors: [...tally.errors].map(([what, count]) => ({ what, count })).sort((a, b) => b.count - a.count),
    generator,
    warnings: findWarnings(plan, tally, { ...generator, notCompared }),
    timeline: tally.timeline,
  };
}

function targetsOf({ urls }: Plan, { targets }: Tally): readonly TargetResult[] {
  return targets.map(({ delivered, delivery }, i) => ({
    url: urls[i] ?? '',
    delivered,
    delivery: summarize(delivery),
  }));
}

function publishingOf({ scenario }: Plan, { due, published, acknowledged }: Counters): Publishing | null {
  if (scenario === Scenario.Feed) return null;
  return { due, sent: published, acknowledged };
}

function describeGenerator(plan: Plan, tally: Tally, load: FinishedRun['load']): GeneratorResult {
  const points = tally.timeline.filter(({ seconds }) => seconds > load.from && seconds <= load.to);
  const average = (values: readonly number[]): number | null =>
    values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    workers: plan.workers,
    processors: processors(),
    cpuCores: average(points.map(({ cpuCores }) => cpuCores)),
    machineBusy: average(points.map(({ machineBusy }) => machineBusy)),
    peakEventLoop: points.length === 0 ? null : Math.max(...points.map(({ eventLoop }) => eventLoop)),
    peakPaceLagMs: plan.scenario === Scenario.Feed ? null : tally.peakPaceLagMs,
  };
}
