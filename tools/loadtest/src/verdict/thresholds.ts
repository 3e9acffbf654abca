import { type Faults, isWhole } from '../check/faults.ts';
import type { LatencySummary } from '../measure/latency-summary.ts';

/** What a run is held against. Absent: not at all. Latencies in milliseconds. */
export interface Thresholds {
  readonly maxP50Ms?: number;
  readonly maxP99Ms?: number;
  readonly maxP999Ms?: number;
  readonly maxAckP99Ms?: number;
  readonly maxConnectP99Ms?: number;
  /** Connections refused or lost, requests refused or unanswered. */
  readonly maxErrors: number;
  /** Announced gaps of members that read: `reset`, and resumes that could not be had. */
  readonly maxGaps: number;
  /** Deliveries per second, on average. */
  readonly minThroughput?: number;
}

/** What a run is judged by. */
export interface Outcome {
  readonly faults: Faults;
  readonly errors: number;
  readonly deliveries: number;
  readonly wasInterrupted: boolean;
  readonly deliveriesPerSecond: number;
  readonly delivery: LatencySummary;
  readonly ack: LatencySummary;
  readonly connect: LatencySummary;
}

export interface Check {
  readonly name: string;
  readonly limit: string;
  readonly actual: string;
  readonly hasPassed: boolean;
}

type LatencyLimit = readonly [name: string, limitMs: number | undefined, actualMs: number];

/** Every check, in the order in which they are shown. That nothing is lost, repeated or inverted is always among them. */
export function judge(thresholds: Thresholds, outcome: Outcome): readonly Check[] {
  const { faults, errors, deliveries, deliveriesPerSecond, wasInterrupted, delivery, ack, connect } = outcome;
  const latencies: readonly LatencyLimit[] = [
    ['delivery p50', thresholds.maxP50Ms, delivery.p50],
    ['delivery p99', thresholds.maxP99Ms, delivery.p99],
    ['delivery p99.9', thresholds.maxP999Ms, delivery.p999],
    ['ack p99', thresholds.maxAckP99Ms, ack.p99],
    ['connect p99', thresholds.maxConnectP99Ms, connect.p99],
  ];
  return [
    {
      name: 'sequence numbers',
      limit: 'nothing lost, repeated or inverted',
      actual: `${count(faults.lost)} lost, ${count(faults.repeated)} repeated, ${count(faults.inverted)} inverted`,
      hasPassed: isWhole(faults),
    },
    // A run to the end in which nothing came has shown nothing, and every other check holds for it.
    { name: 'deliveries', limit: 'at least 1', actual: count(deliveries), hasPassed: deliveries > 0 || wasInterrupted },
    atMost('announced gaps', thresholds.maxGaps, faults.gaps),
    atMost('errors', thresholds.maxErrors, errors),
    ...latencies.flatMap(([name, limitMs, actualMs]) =>
      limitMs === undefined ? [] : [faster(name, limitMs, actualMs)],
    ),
    ...(thresholds.minThroughput === undefined
      ? []
      : [
          {
            name: 'throughput',
            limit: `≥ ${count(thresholds.minThroughput)}/s`,
            actual: `${count(Math.floor(deliveriesPerSecond))}/s`,
            hasPassed: deliveriesPerSecond >= thresholds.minThroughput,
          },
        ]),
  ];
}

function atMost(name: string, limit: number, actual: number): Check {
  return { name, limit: `≤ ${count(limit)}`, actual: count(actual), hasPassed: actual <= limit };
}

function faster(name: string, limitMs: number, actualMs: number): Check {
  return { name, limit: `≤ ${ms(limitMs)}`, actual: ms(actualMs), hasPassed: actualMs <= limitMs };
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}

function ms(value: number): string {
  return `${value.toLocaleString('en-US', { maximumFractionDigits: 2 })} ms`;
}
