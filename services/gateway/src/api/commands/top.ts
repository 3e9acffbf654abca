import { z } from 'zod';

import { encodeControlNotice } from '../../cluster/control-notice.ts';
import { decodeNodeReport, decodeNodeSample } from '../../cluster/node-report.ts';
import { mergeSamples } from '../../sampling/merge-samples.ts';
import { bookRow, commandRow, connectionRow, missed, nodeFigures, roomRow } from '../../sampling/sample.ts';
import { MAX_SECONDS } from '../../sampling/sampler.ts';
import { Access } from '../access.ts';
import { defineCommand } from '../api-command.ts';

const DEFAULT_SECONDS = 10;

export const top = defineCommand({
  summary:
    'What is loud: rooms, books, connections and requests. Has all gateways count for some seconds, and answers at once with what they counted in the last two.',
  access: Access.Look,
  params: z.strictObject({
    seconds: z.number().min(1).max(MAX_SECONDS).default(DEFAULT_SECONDS).meta({
      description: 'For how long they go on from now. Nothing is counted while nobody asks.',
    }),
  }),
  result: z.object({
    nodes: z.array(z.object({ node: z.string(), ...nodeFigures })),
    silent: z.array(z.string()).meta({ description: 'Gateways that have not counted yet: ask again in a second.' }),
    rooms: z.array(roomRow).meta({ description: 'Those that are among the first ten by any of their figures.' }),
    books: z.array(bookRow),
    connections: z.array(connectionRow.extend({ node: z.string() })),
    commands: z.array(commandRow),
    missed: missed.meta({
      description:
        'What one of them may have had more than is said. Who is not named had no more than the last of those that are, and this.',
    }),
  }),
  async run({ control, nodes: roster }, { seconds }) {
    await control.tell(encodeControlNotice({ kind: 'top', seconds }));
    const entries = (await roster.list()).map(({ report }) => ({
      node: decodeNodeReport(report)?.node,
      sample: decodeNodeSample(report),
    }));
    const known = entries.flatMap(({ node, sample }) => (node === undefined ? [] : [{ node, sample }]));
    const told = known.flatMap(({ node, sample }) => (sample === undefined ? [] : [{ node, sample }]));
    const silent = known.filter(({ sample }) => sample === undefined).map(({ node }) => node);
    return {
      nodes: told
        .map(({ node, sample: { windowMs, busy } }) => ({ node, windowMs, busy }))
        .sort((a, b) => b.busy - a.busy),
      silent: silent.sort(),
      ...mergeSamples(told),
    };
  },
});
