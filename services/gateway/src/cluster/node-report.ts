import { z } from 'zod';

import { sample, type Sample } from '../sampling/sample.ts';

/** What a gateway says of itself to the cluster. */
export const nodeReport = z.object({
  node: z.string(),
  startedAt: z.int().meta({ description: 'Unix milliseconds.' }),
  connections: z.int().nonnegative(),
  rooms: z.int().nonnegative().meta({ description: 'Delivered to this gateway, those that linger included.' }),
  books: z.int().nonnegative(),
  isReady: z.boolean(),
  takesPerSecond: z
    .int()
    .nonnegative()
    .optional()
    .meta({ description: 'Clients that it can take each second. A gateway of an earlier version does not say it.' }),
});

export type NodeReport = z.output<typeof nodeReport>;

/** @param loud What was loud there, while somebody looks */
export function encodeNodeReport(report: NodeReport, loud?: Sample): string {
  return JSON.stringify({ ...report, sample: loud });
}

/** Undefined where it is none. */
export function decodeNodeReport(text: string): NodeReport | undefined {
  try {
    return nodeReport.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Apart from the report, which everybody reads who balances: undefined where nobody looks, or it is of another version. */
export function decodeNodeSample(text: string): Sample | undefined {
  try {
    return z.object({ sample }).safeParse(JSON.parse(text)).data?.sample;
  } catch {
    return undefined;
  }
}
