import { z } from 'zod';

import type { Answer } from './question.ts';
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

/** What a report has besides, while somebody looks. */
export interface ReportExtras {
  /** What was loud there. */
  readonly sample?: Sample | undefined;
  /** What it has been asked (`askNodes`). */
  readonly answers?: Readonly<Record<string, Answer>> | undefined;
}

export function encodeNodeReport(report: NodeReport, extras: ReportExtras = {}): string {
  return JSON.stringify({ ...report, ...extras });
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
