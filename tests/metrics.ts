import { setTimeout as delay } from 'node:timers/promises';

import type { GatewayProcess } from '@outcry/testkit';

const DEADLINE_MS = 60_000;
const POLL_MS = 50;

/** The sum of a metric of a gateway over its labels. */
export async function metricOf(gateway: GatewayProcess, name: string): Promise<number> {
  const text = await (await fetch(`${gateway.internalUrl}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}

/** Waits until a counter has come this far. */
export async function untilMetric(gateway: GatewayProcess, name: string, atLeast: number): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  for (;;) {
    const value = await metricOf(gateway, name);
    if (value >= atLeast) return;
    if (performance.now() > deadline) throw new Error(`${name} is ${String(value)}, not ${String(atLeast)}`);
    await delay(POLL_MS);
  }
}
