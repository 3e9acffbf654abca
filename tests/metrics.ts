import type { GatewayProcess } from '@outcry/testkit';

import { eventually } from './support/eventually.ts';

const DEADLINE_MS = 60_000;

/** Metrics of a gateway at one moment, each summed over its labels, or that of the labels which are named with it. */
export async function metricsOf(gateway: GatewayProcess, ...names: readonly string[]): Promise<readonly number[]> {
  const lines = (await (await fetch(`${gateway.internalUrl}/metrics`)).text()).split('\n');
  return names.map((name) =>
    lines
      .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0),
  );
}

export async function metricOf(gateway: GatewayProcess, name: string): Promise<number> {
  const [value = 0] = await metricsOf(gateway, name);
  return value;
}

/** Waits until a counter has come this far. */
export async function untilMetric(gateway: GatewayProcess, name: string, atLeast: number): Promise<void> {
  let value = 0;
  await eventually(
    async () => {
      value = await metricOf(gateway, name);
      return value >= atLeast;
    },
    { deadlineMs: DEADLINE_MS, describe: () => `${name} is ${String(value)}, not ${String(atLeast)}` },
  );
}
