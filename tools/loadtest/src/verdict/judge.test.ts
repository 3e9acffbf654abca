import { describe, expect, it } from 'vitest';

import { NO_FAULTS } from '../check/faults.ts';
import { NO_STALE_SPELLS } from '../check/staleness.ts';
import { NO_LATENCY, type LatencySummary } from '../measure/latency-summary.ts';
import { judge } from './judge.ts';
import type { Outcome, SilenceSummary } from './outcome.ts';
import type { Thresholds } from './thresholds.ts';

const LATENCY: LatencySummary = { count: 100, min: 1, mean: 2, p50: 2, p90: 5, p99: 10, p999: 20, max: 30 };
const SILENCE: SilenceSummary = { listeners: 10, plannedMs: 50, medianMs: 60, longestMs: 90, limitMs: 5050, past: 0 };
const GOOD: Outcome = {
  faults: NO_FAULTS,
  attendance: { expected: 10, absent: 0 },
  publishing: { due: 100, sent: 100, acknowledged: 100 },
  silence: SILENCE,
  stale: NO_STALE_SPELLS,
  errors: 0,
  deliveries: 1000,
  wasInterrupted: false,
  deliveriesPerSecond: 100,
  delivery: LATENCY,
  ack: LATENCY,
  connect: LATENCY,
};
const STRICT: Thresholds = {
  maxAbsent: 0,
  maxUnsentShare: 0,
  maxUnacknowledgedShare: 0,
  maxSilenceMs: 5000,
  maxStaleMs: 0,
  maxErrors: 0,
  maxGaps: 0,
};
/** Everything that can be allowed. */
const LAX: Thresholds = {
  maxAbsent: 1000,
  maxUnsentShare: 1,
  maxUnacknowledgedShare: 1,
  maxSilenceMs: 1e9,
  maxStaleMs: 1e9,
  maxErrors: 1000,
  maxGaps: 1000,
};

/** The checks that failed. */
function failures(thresholds: Partial<Thresholds>, outcome: Partial<Outcome> = {}): ReturnType<typeof judge> {
  return judge({ ...STRICT, ...thresholds }, { ...GOOD, ...outcome }).filter(({ hasPassed }) => !hasPassed);
}

function failed(thresholds: Partial<Thresholds>, outcome: Partial<Outcome> = {}): readonly string[] {
  return failures(thresholds, outcome).map(({ name }) => name);
}

describe('judge', () => {
  it('passes a run without faults and errors', () => {
    expect(failed({})).toEqual([]);
  });

  it.each([
    ['lost', 'sequence numbers'],
    ['repeated', 'sequence numbers'],
    ['inverted', 'sequence numbers'],
    ['altered', 'payloads'],
    ['doubled', 'payloads'],
    ['conflicting', 'payloads'],
    ['undelivered', 'payloads'],
  ] as const)('fails where one delivery was %s, whatever the thresholds', (kind, check) => {
    expect(failed(LAX, { faults: { ...NO_FAULTS, [kind]: 1 } })).toEqual([check]);
  });

  it('fails where nothing was delivered, unless nobody waited for it', () => {
    expect(failed(LAX, { deliveries: 0 })).toEqual(['deliveries']);
    expect(failed({}, { deliveries: 0, wasInterrupted: true })).toEqual([]);
  });

  it.each<readonly [string, Partial<Outcome>, readonly [within: Partial<Thresholds>, past: Partial<Thresholds>]]>([
    ['announced gaps', { faults: { ...NO_FAULTS, gaps: 2 } }, [{ maxGaps: 2 }, { maxGaps: 1 }]],
    ['errors', { errors: 3 }, [{ maxErrors: 3 }, { maxErrors: 2 }]],
    ['not connected at the end', { attendance: { expected: 10, absent: 2 } }, [{ maxAbsent: 2 }, { maxAbsent: 1 }]],
    [
      'not sent',
      { publishing: { due: 100, sent: 97, acknowledged: 97 } },
      [{ maxUnsentShare: 0.03 }, { maxUnsentShare: 0.029 }],
    ],
    [
      'not acknowledged',
      { publishing: { due: 100, sent: 100, acknowledged: 99 } },
      [{ maxUnacknowledgedShare: 0.01 }, { maxUnacknowledgedShare: 0.009 }],
    ],
    ['stale', { stale: { count: 2, longestMs: 700, lasting: 0 } }, [{ maxStaleMs: 700 }, { maxStaleMs: 699 }]],
  ])('holds %s at its limit, fails it past it, and fails it by default', (name, outcome, [within, past]) => {
    expect(failed(within, outcome)).toEqual([]);
    expect(failed(past, outcome)).toEqual([name]);
    expect(failed({}, outcome)).toEqual([name]);
  });

  it('does not let errors that are allowed hide what else is wrong', () => {
    const outcome = {
      errors: 2000,
      attendance: { expected: 20, absent: 20 },
      publishing: { due: 100, sent: 17, acknowledged: 15 },
      silence: { ...SILENCE, longestMs: 12_800, past: 20 },
    };
    expect(failed({ maxErrors: 2000 }, outcome)).toEqual([
      'not connected at the end',
      'not sent',
      'not acknowledged',
      'longest silence',
    ]);
  });

  it('fails a stale that is told of, however short it was', () => {
    expect(failed({ maxStaleMs: 0 }, { stale: { count: 1, longestMs: 0.1, lasting: 0 } })).toEqual(['stale']);
  });

  it('says of a silence how long it was, whose, and what the plan leaves between two messages', () => {
    const silence = { ...SILENCE, longestMs: 12_800, past: 3 };
    expect(failures({}, { silence })).toEqual([
      {
        name: 'longest silence',
        limit: "≤ 5.00 s past the plan's 50.0 ms",
        actual: '12.80 s, 3 of 10 past it',
        hasPassed: false,
      },
    ]);
  });

  it('does not ask of a plan that publishes nothing what became of it', () => {
    const names = judge({ ...STRICT, maxAckP99Ms: 1 }, { ...GOOD, publishing: null }).map(({ name }) => name);
    expect(names).not.toContain('not sent');
    expect(names).not.toContain('ack p99');
  });

  it.each([
    ['delivery p50', { maxP50Ms: 2 }, { maxP50Ms: 1.9 }],
    ['delivery p99', { maxP99Ms: 10 }, { maxP99Ms: 9.9 }],
    ['delivery p99.9', { maxP999Ms: 20 }, { maxP999Ms: 19.9 }],
    ['ack p99', { maxAckP99Ms: 10 }, { maxAckP99Ms: 9.9 }],
    ['connect p99', { maxConnectP99Ms: 10 }, { maxConnectP99Ms: 9.9 }],
    ['throughput', { minThroughput: 100 }, { minThroughput: 101 }],
  ] as const)('holds %s at its limit and fails it past it', (name, within, past) => {
    expect(failed(within)).toEqual([]);
    expect(failed(past)).toEqual([name]);
  });

  it('fails a threshold for which nothing was measured, and says so with a dash', () => {
    const nothing = { delivery: NO_LATENCY, deliveriesPerSecond: null };
    const thresholds = { maxP99Ms: 10, minThroughput: 1 };
    expect(failures(thresholds, nothing).map(({ name, actual }) => [name, actual])).toEqual([
      ['delivery p99', '–'],
      ['throughput', '–'],
    ]);
    expect(failed(thresholds, { ...nothing, wasInterrupted: true })).toEqual([]);
  });
});
