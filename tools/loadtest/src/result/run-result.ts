import type { Faults } from '../check/faults.ts';
import type { StaleSpells } from '../check/staleness.ts';
import type { LatencySummary, PercentilePoint } from '../measure/latency-summary.ts';
import type { Counters } from '../measure/sample.ts';
import type { Plan } from '../plan/plan.ts';
import type { TimelinePoint } from './timeline-point.ts';
import type { Check } from '../verdict/judge.ts';
import type { Attendance, Publishing, SilenceSummary } from '../verdict/outcome.ts';

/** What came of one scenario. */
export interface ScenarioResult {
  readonly plan: Plan;
  readonly hasPassed: boolean;
  readonly wasInterrupted: boolean;
  readonly checks: readonly Check[];
  /** Of members that read. */
  readonly faults: Faults;
  readonly slowFaults: Faults;
  readonly attendance: Attendance;
  /** Null where the plan publishes nothing. */
  readonly publishing: Publishing | null;
  readonly silence: SilenceSummary;
  readonly stale: StaleSpells;
  /** How long the load lasted, in seconds. */
  readonly loadSeconds: number;
  readonly counters: Counters;
  /** Null where the load did not last. */
  readonly deliveriesPerSecond: number | null;
  readonly delivery: LatencySummary;
  readonly slowDelivery: LatencySummary;
  readonly ack: LatencySummary;
  readonly connect: LatencySummary;
  readonly join: LatencySummary;
  readonly percentiles: readonly PercentilePoint[];
  readonly targets: readonly TargetResult[];
  readonly errors: readonly ErrorCount[];
  readonly generator: GeneratorResult;
  /** What makes the figures doubtful. */
  readonly warnings: readonly string[];
  readonly timeline: readonly TimelinePoint[];
}

export interface TargetResult {
  readonly url: string;
  readonly delivered: number;
  readonly delivery: LatencySummary;
}

export interface ErrorCount {
  readonly what: string;
  readonly count: number;
}

export interface GeneratorResult {
  readonly workers: number;
  /** Processors that this process may use. */
  readonly processors: number;
  /** Processors that it kept busy under load, on average; like the others null where no second of load was measured. */
  readonly cpuCores: number | null;
  /** 0 to 1: the machine, with everything on it, under load, on average. */
  readonly machineBusy: number | null;
  /** 0 to 1: the busiest second of the busiest worker. */
  readonly peakEventLoop: number | null;
  /** How late messages were sent at worst; null where the plan sends none. */
  readonly peakPaceLagMs: number | null;
}

/** One invocation: what `--json` writes, and what the HTML report shows. */
export interface RunResult {
  readonly tool: 'outcry-loadtest';
  /** Goes up when a field changes its meaning or goes away. */
  readonly format: 2;
  readonly version: string;
  readonly startedAt: string;
  readonly command: string;
  readonly machine: MachineInfo;
  readonly hasPassed: boolean;
  readonly scenarios: readonly ScenarioResult[];
}

export interface MachineInfo {
  readonly system: string;
  readonly processor: string;
  readonly processors: number;
  readonly memoryGiB: number;
  readonly node: string;
}
