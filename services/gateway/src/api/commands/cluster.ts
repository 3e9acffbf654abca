import { z } from 'zod';

import { decodeNodeReport, nodeReport } from '../../cluster/node-report.ts';
import { defineCommand } from '../api-command.ts';
import type { ApiParts } from '../api-parts.ts';

const count = z.int().nonnegative();

export const nodes = defineCommand({
  summary: 'The gateways that are there, each with what it said of itself in the last seconds.',
  params: z.strictObject({}),
  result: z.object({ nodes: z.array(nodeReport) }),
  run: async (parts) => ({ nodes: await readReports(parts) }),
});

export const info = defineCommand({
  summary: 'The cluster in numbers.',
  params: z.strictObject({}),
  result: z.object({ nodes: count, connections: count, rooms: count.meta({ description: 'That somebody is in.' }) }),
  async run(parts) {
    const [reports, rooms] = await Promise.all([readReports(parts), parts.broker.listRooms()]);
    return {
      nodes: reports.length,
      connections: reports.reduce((sum, { connections }) => sum + connections, 0),
      rooms: rooms.filter((name) => !name.startsWith('@')).length,
    };
  },
});

async function readReports({ nodes: roster }: ApiParts): Promise<z.output<typeof nodeReport>[]> {
  const reports = (await roster.list()).map(({ report }) => decodeNodeReport(report));
  // One of another version may say less than this one understands.
  return reports.filter((report) => report !== undefined).sort((a, b) => a.node.localeCompare(b.node));
}
