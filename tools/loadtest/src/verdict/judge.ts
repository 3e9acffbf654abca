import { isInSequence, isUnchanged } from '../check/faults.ts';
import { formatCount, formatMs, formatPart, formatPercent, NOTHING } from '../format.ts';
import type { Outcome, Publishing } from './outcome.ts';
import type { Thresholds } from './thresholds.ts';

/** The checks that every run has. */
export const CheckName = {
  Sequence: 'sequence numbers',
  Payloads: 'payloads',
  Deliveries: 'deliveries',
  Absent: 'not connected at the end',
  Unsent: 'not sent',
  Unacknowledged: 'not acknowledged',
  Silence: 'longest silence',
  Stale: 'stale',
  Gaps: 'announced gaps',
  Errors: 'errors',
} as const;

export interface Check {
  /** One of `CheckName`, or of a threshold that was asked for. */
  readonly name: string;
  readonly limit: string;
  readonly actual: string;
  readonly hasPassed: boolean;
}

/** Every check, in the order in which they are shown. Those of deliveries are always among them, whatever the thresholds. */
export function judge(thresholds: Thresholds, outcome: Outcome): readonly Check[] {
  return [
    ...deliveryChecks(outcome),
    ...attendanceChecks(thresholds, outcome),
    atMost(CheckName.Gaps, thresholds.maxGaps, outcome.faults.gaps),
    atMost(CheckName.Errors, thresholds.maxErrors, outcome.errors),
    ...latencyChecks(thresholds, outcome),
    ...throughputChecks(thresholds, outcome),
  ];
}

function deliveryChecks({ faults, deliveries, wasInterrupted }: Outcome): readonly Check[] {
  const counts = (names: readonly (keyof typeof faults)[]): string =>
    deliveries === 0 && names.every((name) => faults[name] === 0)
      ? NOTHING
      : names.map((name) => `${formatCount(faults[name])} ${name}`).join(', ');
  return [
    {
      name: CheckName.Sequence,
      limit: 'nothing lost, repeated or inverted',
      actual: counts(['lost', 'repeated', 'inverted']),
      hasPassed: isInSequence(faults),
    },
    {
      name: CheckName.Payloads,
      limit: 'what was published, each once, under the number that was told',
      actual: counts(['altered', 'doubled', 'conflicting', 'undelivered']),
      hasPassed: isUnchanged(faults),
    },
    // A run to the end in which nothing came has shown nothing, and the checks before hold for it.
    {
      name: CheckName.Deliveries,
      limit: 'at least 1',
      actual: formatCount(deliveries),
      hasPassed: deliveries > 0 || wasInterrupted,
    },
  ];
}

function attendanceChecks(thresholds: Thresholds, outcome: Outcome): readonly Check[] {
  const { attendance, publishing, silence, stale } = outcome;
  const { maxAbsent, maxSilenceMs, maxStaleMs } = thresholds;
  return [
    {
      name: CheckName.Absent,
      limit: `≤ ${formatCount(maxAbsent)}`,
      actual: formatPart(attendance.absent, attendance.expected),
      hasPassed: attendance.absent <= maxAbsent,
    },
    ...(publishing === null ? [] : publishingChecks(thresholds, publishing)),
    {
      name: CheckName.Silence,
      limit: `≤ ${formatMs(maxSilenceMs)} past the plan's ${formatMs(silence.plannedMs)}`,
      actual: `${formatMs(silence.longestMs)}${silence.past === 0 ? '' : `, ${formatCount(silence.past)} of ${formatCount(silence.listeners)} past it`}`,
      hasPassed: silence.past === 0,
    },
    {
      name: CheckName.Stale,
      limit: maxStaleMs === 0 ? 'never' : `≤ ${formatMs(maxStaleMs)} at a stretch`,
      actual: stale.count === 0 ? 'never' : describeStale(stale),
      hasPassed: stale.count === 0 || stale.longestMs <= maxStaleMs,
    },
  ];
}

function publishingChecks(
  { maxUnsentShare, maxUnacknowledgedShare }: Thresholds,
  { due, sent, acknowledged }: Publishing,
): readonly Check[] {
  return [
    atMostShare(CheckName.Unsent, maxUnsentShare, [due - sent, due]),
    atMostShare(CheckName.Unacknowledged, maxUnacknowledgedShare, [sent - acknowledged, sent]),
  ];
}

function describeStale({ count, longestMs, lasting }: Outcome['stale']): string {
  const end = lasting === 0 ? '' : `, ${formatCount(lasting)} of them up to the end`;
  return `told ${formatCount(count)} times, for up to ${formatMs(longestMs)}${end}`;
}

function latencyChecks(thresholds: Thresholds, { delivery, ack, connect, ...outcome }: Outcome): readonly Check[] {
  const limits: readonly (readonly [name: string, limitMs: number | undefined, actualMs: number | null])[] = [
    ['delivery p50', thresholds.maxP50Ms, delivery.p50],
    ['delivery p99', thresholds.maxP99Ms, delivery.p99],
    ['delivery p99.9', thresholds.maxP999Ms, delivery.p999],
    // A plan that publishes nothing is not held to how fast that was acknowledged.
    ['ack p99', outcome.publishing === null ? undefined : thresholds.maxAckP99Ms, ack.p99],
    ['connect p99', thresholds.maxConnectP99Ms, connect.p99],
  ];
  return limits.flatMap(([name, limitMs, actualMs]) =>
    limitMs === undefined
      ? []
      : [
          {
            name,
            limit: `≤ ${precise(limitMs)} ms`,
            actual: actualMs === null ? NOTHING : `${precise(actualMs)} ms`,
            // Where nothing was measured, nothing shows that the limit holds.
            hasPassed: actualMs === null ? outcome.wasInterrupted : actualMs <= limitMs,
          },
        ],
  );
}

function throughputChecks(
  { minThroughput }: Thresholds,
  { deliveriesPerSecond, wasInterrupted }: Outcome,
): readonly Check[] {
  if (minThroughput === undefined) return [];
  return [
    {
      name: 'throughput',
      limit: `≥ ${formatCount(minThroughput)}/s`,
      actual: deliveriesPerSecond === null ? NOTHING : `${formatCount(Math.floor(deliveriesPerSecond))}/s`,
      hasPassed: deliveriesPerSecond === null ? wasInterrupted : deliveriesPerSecond >= minThroughput,
    },
  ];
}

function atMost(name: string, limit: number, actual: number): Check {
  return { name, limit: `≤ ${formatCount(limit)}`, actual: formatCount(actual), hasPassed: actual <= limit };
}

function atMostShare(name: string, limit: number, [part, whole]: readonly [part: number, whole: number]): Check {
  return {
    name,
    limit: `≤ ${formatPercent(limit)}`,
    actual: formatPart(part, whole),
    hasPassed: part <= limit * whole,
  };
}

/** A limit of a thousandth has to be seen as one. */
function precise(ms: number): string {
  return ms.toLocaleString('en-US', { maximumFractionDigits: 3 });
}
