import type { LeaseHolding } from '@outcry/broker';
import { z } from 'zod';

import { bookStory } from '../../books/book-story.ts';
import { askNodes } from '../../cluster/ask-nodes.ts';
import { Access } from '../access.ts';
import { defineCommand } from '../api-command.ts';
import { asked, holder, tellAsked } from '../fields.ts';
import { findHolders } from '../find-holders.ts';

export const books = defineCommand({
  summary:
    'The books that there are: where each comes from, how it is on each gateway that follows it, and who watches it.',
  access: Access.Look,
  params: z.strictObject({}),
  result: z.object({
    books: z.array(
      z.object({
        symbol: z.string(),
        sourceKind: z.string().optional().meta({ description: 'Absent where the publisher does not say.' }),
        led: z.boolean().optional().meta({ description: 'Some publisher leads it. Absent where that cannot be told.' }),
        leader: holder.optional().meta({ description: 'Which one: absent where none does.' }),
        nodes: z.array(bookStory.omit({ symbol: true }).extend({ node: z.string() })).meta({
          description: 'The gateways that follow it: those where somebody watches it, or did a moment ago.',
        }),
      }),
    ),
    ...asked,
  }),
  async run(parts) {
    const [instruments, { told, ...others }] = await Promise.all([
      parts.feedBus.listInstruments(),
      askNodes({ what: 'books' }, parts),
    ]);
    const leases = await findHolders(
      parts,
      instruments.map(({ symbol }) => symbol),
    );
    const leaders = new Map(instruments.map(({ symbol }, i) => [symbol, leases?.[i]]));
    const followed = told.flatMap(({ node, answer }) => answer.books.map((story) => ({ node, ...story })));
    return {
      books: [...instruments]
        .sort((a, b) => a.symbol.localeCompare(b.symbol))
        .map(({ symbol, sourceKind }) => ({
          symbol,
          ...(sourceKind === undefined ? {} : { sourceKind }),
          ...(leases === undefined ? {} : tellLeader(leaders.get(symbol))),
          nodes: followed.filter((story) => story.symbol === symbol).map(({ symbol: _, ...story }) => story),
        })),
      ...tellAsked(others),
    };
  },
});

function tellLeader(holding: LeaseHolding | undefined) {
  if (holding === undefined) return { led: false };
  const { by, since } = holding.note ?? {};
  return { led: true, leader: { ...(by === undefined ? {} : { by }), ...(since === undefined ? {} : { since }) } };
}
