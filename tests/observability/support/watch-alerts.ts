import { setTimeout as delay } from 'node:timers/promises';

import { expect } from 'vitest';

import { eventually } from '../../support/eventually.ts';
import type { ObservedCluster } from './observed-cluster.ts';

/** Within which a fault has to be known, and its end. */
const DEADLINE_MS = 60_000;
/** Prometheus runs beside what it looks at. */
const LOOK_EVERY_MS = 100;
const NO_ALERTS: readonly string[] = [];

export interface Fault {
  /** The alerts that it fires, and no others, from its beginning to its end. */
  readonly alerts: readonly string[];
  begin(): unknown;
  end(): unknown;
}

/** Begins a fault, waits for its alerts, ends it, waits until none is left, and holds all that has fired meanwhile to what was meant to. */
export async function expectExactly({ prometheus }: Pick<ObservedCluster, 'prometheus'>, fault: Fault): Promise<void> {
  const expected = [...fault.alerts].sort();
  await untilQuiet(prometheus);
  const startedAt = Date.now();
  try {
    await fault.begin();
    await untilFired(prometheus, expected, startedAt);
  } finally {
    await fault.end();
  }
  await untilQuiet(prometheus);
  expect(await firedSince(prometheus, startedAt)).toEqual(expected);
}

/** Until these fire, all at once. */
export async function untilFiring(
  { prometheus }: Pick<ObservedCluster, 'prometheus'>,
  alerts: readonly string[],
): Promise<void> {
  await untilAll(alerts, () => prometheus.firing());
}

/** Until each of these has fired, if not all at once. */
function untilFired(
  prometheus: ObservedCluster['prometheus'],
  alerts: readonly string[],
  since: number,
): Promise<void> {
  return untilAll(alerts, () => firedSince(prometheus, since));
}

async function untilAll(alerts: readonly string[], look: () => Promise<readonly string[]>): Promise<void> {
  let seen = NO_ALERTS;
  await eventually(
    async () => {
      await delay(LOOK_EVERY_MS);
      seen = await look();
      return alerts.every((alert) => seen.includes(alert));
    },
    { deadlineMs: DEADLINE_MS, describe: () => `${seen.join(', ') || 'nothing'} fires, not ${alerts.join(', ')}` },
  );
}

/** Every alert that has fired, if only for one evaluation. */
export async function firedSince(prometheus: ObservedCluster['prometheus'], since: number): Promise<readonly string[]> {
  const ms = String(Math.max(1, Date.now() - since));
  const fired = await prometheus.query(`count by (alertname) (max_over_time(ALERTS{alertstate="firing"}[${ms}ms]))`);
  return fired.map(({ labels }) => labels['alertname'] ?? '').sort();
}

/** Until nothing fires, and nothing is about to. */
async function untilQuiet(prometheus: ObservedCluster['prometheus']): Promise<void> {
  let loud = NO_ALERTS;
  await eventually(
    async () => {
      await delay(LOOK_EVERY_MS);
      loud = await prometheus.raised();
      return loud.length === 0;
    },
    { deadlineMs: DEADLINE_MS, describe: () => `${loud.join(', ')}: still there` },
  );
}
