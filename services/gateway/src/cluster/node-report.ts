import { z } from 'zod';

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

export function encodeNodeReport(report: NodeReport): string {
  return JSON.stringify(report);
}

/** Undefined where it is none. */
export function decodeNodeReport(text: string): NodeReport | undefined {
  try {
    return nodeReport.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
