import { expect } from 'vitest';

import { eventually } from '../../support/eventually.ts';
import type { ObservedCluster } from './observed-cluster.ts';

/** Within which a fault has to be known, and its end. */
const DEADLINE_MS = 60_000;
const NO_ALERTS: readonly string[] = [];

export interface Fault {
  /** The alerts that it fires, and no others, from its beginning to its end. */
  readonly alerts: readonly string[];
  begin(): unknown;
  end(): unknown;
}

/** Begins a fault, waits for its alerts, ends it, waits until none is left, and holds all that has fired meanwhile to what was meant to. */
export async function expectExactly({ prometheus }: ObservedCluster, fault: Fault): Promise<void> {
  const expected = [...fault.alerts].sort();
  await untilQuiet(prometheus);
  const startedAt = Date.now();
  await fault.begin();
  let firing = NO_ALERTS;
  await eventually(
    async () => {
      firing = await prometheus.firing();
      return expected.every((alert) => firing.includes(alert));
    },
    { deadlineMs: DEADLINE_MS, describe: () => `${firing.join(', ') || 'nothing'} fires, not ${expected.join(', ')}` },
  );
  await fault.end();
  await untilQuiet(prometheus);
  expect(await firedSince(prometheus, startedAt)).toEqual(expected);
}

/** Every alert that has fired, if only for one evaluation. */
export async function firedSince(prometheus: ObservedCluster['prometheus'], since: number): Promise<readonly string[]> {
  const ms = String(Date.now() - since);
  const fired = await prometheus.query(`count by (alertname) (max_over_time(ALERTS{alertstate="firing"}[${ms}ms]))`);
  return fired.map(({ labels }) => labels['alertname'] ?? '').sort();
}

/** Until nothing fires, and nothing is about to. */
async function untilQuiet(prometheus: ObservedCluster['prometheus']): Promise<void> {
  let loud = NO_ALERTS;
  await eventually(
    async () => {
      loud = await prometheus.raised();
      return loud.length === 0;
    },
    { deadlineMs: DEADLINE_MS, describe: () => `${loud.join(', ')}: still there` },
  );
}
