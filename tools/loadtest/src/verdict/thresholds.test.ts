import { describe, expect, it } from 'vitest';

import { NO_FAULTS } from '../check/faults.ts';
import type { LatencySummary } from '../measure/latency-summary.ts';
import { judge, type Outcome, type Thresholds } from './thresholds.ts';

const LATENCY: LatencySummary = { count: 100, min: 1, mean: 2, p50: 2, p90: 5, p99: 10, p999: 20, max: 30 };
const GOOD: Outcome = {
  faults: NO_FAULTS,
  errors: 0,
  deliveries: 1000,
  wasInterrupted: false,
  deliveriesPerSecond: 100,
  delivery: LATENCY,
  ack: LATENCY,
  connect: LATENCY,
};
const STRICT: Thresholds = { maxErrors: 0, maxGaps: 0 };

/** The names of the checks that failed. */
function failed(thresholds: Partial<Thresholds>, outcome: Partial<Outcome> = {}): readonly string[] {
  const checks = judge({ ...STRICT, ...thresholds }, { ...GOOD, ...outcome });
  return checks.filter(({ hasPassed }) => !hasPassed).map(({ name }) => name);
}

describe('judge', () => {
  it('passes a run without faults and errors', () => {
    expect(failed({})).toEqual([]);
  });

  it.each(['lost', 'repeated', 'inverted'] as const)(
    'fails where one delivery was %s, whatever the thresholds',
    (kind) => {
      const faults = { ...NO_FAULTS, [kind]: 1 };
      expect(failed({ maxErrors: 1000, maxGaps: 1000 }, { faults })).toEqual(['sequence numbers']);
    },
  );

  it('fails where nothing was delivered, unless nobody waited for it', () => {
    expect(failed({}, { deliveries: 0 })).toEqual(['deliveries']);
    expect(failed({}, { deliveries: 0, wasInterrupted: true })).toEqual([]);
  });

  it('lets errors and gaps be as many as allowed, and not one more', () => {
    const outcome = { errors: 3, faults: { ...NO_FAULTS, gaps: 2 } };
    expect(failed({ maxErrors: 3, maxGaps: 2 }, outcome)).toEqual([]);
    expect(failed({ maxErrors: 2, maxGaps: 1 }, outcome)).toEqual(['announced gaps', 'errors']);
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
});
