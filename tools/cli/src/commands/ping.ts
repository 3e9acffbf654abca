import { setTimeout as delay } from 'node:timers/promises';

import type { Context } from '../context.ts';
import { histogram, summarize } from '../output/latency.ts';

/** Measures the way to the gateway and back, so many times or until Ctrl-C, and draws what it found. */
export async function ping(
  { client, output, signal }: Context,
  { count, interval }: { readonly count: number; readonly interval: number },
): Promise<void> {
  const times: number[] = [];
  while (times.length < count && !signal.aborted) {
    times.push(await client.ping());
    if (times.length < count) await delay(interval, undefined, { signal }).catch(() => undefined);
  }
  if (times.length === 0) return;
  const summary = summarize(times);
  const line = `${String(summary.count)} pings: min ${ms(summary.minMs)}, median ${ms(summary.medianMs)}, p99 ${ms(summary.p99Ms)}, max ${ms(summary.maxMs)}`;
  output.write([...histogram(times), line].join('\n'), summary);
}

function ms(value: number): string {
  return `${value.toFixed(2)} ms`;
}
