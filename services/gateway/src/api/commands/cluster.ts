import { z } from 'zod';

import { readReports, tellMoves } from '../../cluster/balancer.ts';
import { askNodes } from '../../cluster/ask-nodes.ts';
import { encodeControlNotice } from '../../cluster/control-notice.ts';
import { type NodeReport, nodeReport } from '../../cluster/node-report.ts';
import { planMoves } from '../../cluster/plan-moves.ts';
import { nodeHealth } from '../../cluster/question.ts';
import { Access } from '../access.ts';
import { defineCommand } from '../api-command.ts';
import { ApiError } from '../api-error.ts';
import type { ApiParts } from '../api-parts.ts';
import { asked, tellAsked } from '../fields.ts';

const count = z.int().nonnegative();

export const nodes = defineCommand({
  summary: 'The gateways that are there, each with what it said of itself in the last seconds.',
  access: Access.Look,
  params: z.strictObject({}),
  result: z.object({ nodes: z.array(nodeReport) }),
  run: async (parts) => ({ nodes: await readSorted(parts) }),
});

export const info = defineCommand({
  summary: 'The cluster in numbers.',
  access: Access.Look,
  params: z.strictObject({}),
  result: z.object({ nodes: count, connections: count, rooms: count.meta({ description: 'That somebody is in.' }) }),
  async run(parts) {
    const [reports, rooms] = await Promise.all([readSorted(parts), parts.broker.listRooms()]);
    return {
      nodes: reports.length,
      connections: reports.reduce((sum, { connections }) => sum + connections, 0),
      rooms: rooms.filter((name) => !name.startsWith('@')).length,
    };
  },
});

export const health = defineCommand({
  summary: 'How each gateway is, why, and since when: what `/status` says, of all of them.',
  access: Access.Look,
  params: z.strictObject({}),
  result: z.object({
    nodes: z.array(nodeHealth.extend({ node: z.string() })),
    ...asked,
  }),
  async run(parts) {
    const { told, ...others } = await askNodes({ what: 'health' }, parts);
    return { nodes: told.map(({ node, answer }) => ({ node, ...answer.health })), ...tellAsked(others) };
  },
});

const nodeName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/, 'expected the name of a gateway')
  .meta({ description: 'As `nodes` has it.', examples: ['gw-1'] });

export const drain = defineCommand({
  summary:
    'Takes a gateway out of service while it goes on running: it is not ready, its clients leave as before a stop, nobody comes in.',
  access: Access.Act,
  params: z.strictObject({ node: nodeName }),
  result: z.object({ connections: count.meta({ description: 'So many it had, as of the last two seconds.' }) }),
  run: (parts, { node }) => tellDrain(parts, node, false),
});

export const undrain = defineCommand({
  summary: 'Puts a gateway back into service that was drained.',
  access: Access.Act,
  params: z.strictObject({ node: nodeName }),
  result: z.object({ connections: count }),
  run: (parts, { node }) => tellDrain(parts, node, true),
});

async function tellDrain(parts: ApiParts, node: string, isOver: boolean): Promise<{ connections: number }> {
  const report = (await readSorted(parts)).find((other) => other.node === node);
  if (report === undefined) throw new ApiError('notFound', `there is no gateway ${node}`, 'node');
  await parts.control.tell(encodeControlNotice({ kind: 'drain', node, isOver }));
  return { connections: report.connections };
}

export const rebalance = defineCommand({
  summary: 'Has gateways with many more clients than the others ask some of them to move, for a few seconds.',
  access: ({ dryRun }) => (dryRun ? Access.Look : Access.Act),
  params: z.strictObject({
    dryRun: z.boolean().default(false).meta({ description: 'Says who would, and asks nobody.' }),
  }),
  result: z.object({
    moves: z.array(z.object({ node: z.string(), connections: count, surplus: count })).meta({
      description:
        'The gateways that have too many, and by how many: half of those, and no more than the others can take, are asked.',
    }),
  }),
  async run(parts, { dryRun }) {
    const reports = await readSorted(parts);
    const plan = planMoves(reports, { floor: parts.balanceFloor, isUnderWay: true });
    if (!dryRun) await tellMoves(reports, plan, parts);
    return { moves: [...plan] };
  },
});

async function readSorted({ nodes: roster }: ApiParts): Promise<NodeReport[]> {
  // One of another version may say less than this one understands.
  return [...(await readReports(roster))].sort((a, b) => a.node.localeCompare(b.node));
}
