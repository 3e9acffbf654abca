import type { Faults } from '../check/faults.ts';
import { processors } from '../measure/generator-meter.ts';
import { percentileCurve, summarize } from '../measure/latency-summary.ts';
import type { Plan } from '../plan/plan.ts';
import type { GeneratorResult, ScenarioResult } from '../result/run-result.ts';
import { judge, type Thresholds } from '../verdict/thresholds.ts';
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
}

/** Sums up and judges a run. */
export function toResult({ plan, thresholds, tally, ...run }: FinishedRun): ScenarioResult {
  const loadSeconds = run.load.to - run.load.from;
  const deliveriesPerSecond = loadSeconds === 0 ? 0 : tally.counters.delivered / loadSeconds;
  const delivery = summarize(tally.delivery);
  const ack = summarize(tally.ack);
  const connect = summarize(tally.connect);
  const { faults } = run;
  const checks = judge(thresholds, {
    faults: { ...faults, ...addIntegrity(faults, run.slowFaults) },
    errors: tally.errorCount,
    deliveries: tally.counters.delivered,
    deliveriesPerSecond,
    wasInterrupted: run.wasInterrupted,
    delivery,
    ack,
    connect,
  });
  const generator = describeGenerator(plan, tally, run.load);
  return {
    plan,
    hasPassed: checks.every(({ hasPassed }) => hasPassed),
    wasInterrupted: run.wasInterrupted,
    checks,
    faults,
    slowFaults: run.slowFaults,
    loadSeconds,
    counters: tally.counters,
    deliveriesPerSecond,
    delivery,
    slowDelivery: summarize(tally.slowDelivery),
    ack,
    connect,
    join: summarize(tally.join),
    percentiles: percentileCurve(tally.delivery),
    targets: tally.targets.map((target, i) => ({
      url: plan.urls[i] ?? '',
      delivered: target.delivered,
      delivery: summarize(target.delivery),
    })),
    errors: [...tally.errors].map(([what, count]) => ({ what, count })).sort((a, b) => b.count - a.count),
    generator,
    warnings: findWarnings(plan, tally, generator),
    timeline: tally.timeline,
  };
}

/** Slow readers may be told of gaps; what they get has to be in order all the same. */
function addIntegrity(a: Faults, b: Faults): Omit<Faults, 'gaps'> {
  return { lost: a.lost + b.lost, repeated: a.repeated + b.repeated, inverted: a.inverted + b.inverted };
}

function describeGenerator(plan: Plan, tally: Tally, load: FinishedRun['load']): GeneratorResult {
  const points = tally.timeline.filter(({ seconds }) => seconds > load.from && seconds <= load.to);
  const average = (values: readonly number[]): number =>
    values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    workers: plan.workers,
    processors: processors(),
    cpuCores: average(points.map(({ cpuCores }) => cpuCores)),
    machineBusy: average(points.map(({ machineBusy }) => machineBusy)),
    peakEventLoop: Math.max(0, ...points.map(({ eventLoop }) => eventLoop)),
    peakPaceLagMs: tally.peakPaceLagMs,
  };
}
