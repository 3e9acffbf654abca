import { ARCHIVE_PARTITIONS, archiveLease, type LeaseHolding } from '@outcry/broker';
import { z } from 'zod';

import { archiveStory } from '../../archive/archive-story.ts';
import { askNodes } from '../../cluster/ask-nodes.ts';
import { shardStory } from '../../cluster/shard-story.ts';
import { hookStory } from '../../hooks/hook-story.ts';
import { Access } from '../access.ts';
import { defineCommand } from '../api-command.ts';
import { asked, holder, tellAsked } from '../fields.ts';
import { findHolders } from '../find-holders.ts';

const ARCHIVE_PARTS = Array.from({ length: ARCHIVE_PARTITIONS }, (_, i) => String(i));
const count = z.int().nonnegative().optional();

/** Its figures are of the time since it took the part. */
const archiver = holder.extend({
  waiting: count.meta({ description: 'Messages that are stored and not archived yet, as last seen.' }),
  lagMs: count.meta({ description: 'How old the oldest message of the last batch was when it was written.' }),
  stored: count.meta({ description: 'Messages that were written.' }),
  gaps: count.meta({ description: 'Holes that were noted: what was gone before it was read.' }),
});

/** What gateways work with, as each of them sees it. */

export const shards = defineCommand({
  summary: 'Each Redis, as each gateway sees it: whether it is up and takes writes, how far away it is, what it has.',
  access: Access.Look,
  params: z.strictObject({}),
  result: z.object({
    shards: z.array(
      z.object({
        shard: z.string(),
        nodes: z.array(shardStory.omit({ shard: true }).extend({ node: z.string() })),
      }),
    ),
    ...asked,
  }),
  async run(parts) {
    const { told, ...others } = await askNodes({ what: 'shards' }, parts);
    const all = told.flatMap(({ node, answer }) => answer.shards.map((story) => ({ node, ...story })));
    const names = [...new Set(all.map(({ shard }) => shard))].sort();
    return {
      shards: names.map((name) => ({
        shard: name,
        nodes: all.filter(({ shard }) => shard === name).map(({ shard: _, ...story }) => story),
      })),
      ...tellAsked(others),
    };
  },
});

export const hooks = defineCommand({
  summary: 'What your server is asked, as each gateway sees it: its breaker, how long answers take, and what failed.',
  access: Access.Look,
  params: z.strictObject({}),
  result: z.object({ hooks: z.array(hookStory.extend({ node: z.string() })), ...asked }),
  async run(parts) {
    const { told, ...others } = await askNodes({ what: 'hooks' }, parts);
    return {
      hooks: told.flatMap(({ node, answer }) => answer.hooks.map((story) => ({ node, ...story }))),
      ...tellAsked(others),
    };
  },
});

export const archive = defineCommand({
  summary: 'The archive: who archives what and how far behind they are, and what each gateway has to do with it.',
  access: Access.Look,
  params: z.strictObject({}),
  result: z.object({
    parts: z
      .array(z.object({ part: z.string(), archived: z.boolean(), archiver: archiver.optional() }))
      .optional()
      .meta({ description: 'Of which each has one archiver. Absent where it cannot be told who has them.' }),
    itself: z.literal(true).optional().meta({ description: 'This process has the archive to itself: no parts.' }),
    nodes: z.array(archiveStory.extend({ node: z.string() })),
    ...asked,
  }),
  async run(parts) {
    const [{ told, ...others }, holdings] = await Promise.all([
      askNodes({ what: 'archive' }, parts),
      parts.archivesItself ? undefined : findHolders(parts, ARCHIVE_PARTS.map(archiveLease)),
    ]);
    return {
      ...(holdings === undefined
        ? {}
        : { parts: ARCHIVE_PARTS.map((part, i) => ({ part, ...tellArchiver(holdings[i]) })) }),
      ...(parts.archivesItself ? { itself: true as const } : {}),
      nodes: told.map(({ node, answer }) => ({ node, ...answer.archive })),
      ...tellAsked(others),
    };
  },
});

function tellArchiver(holding: LeaseHolding | undefined) {
  if (holding === undefined) return { archived: false };
  const { by, since, figures = {} } = holding.note ?? {};
  const known = Object.entries(figures).filter(([name, value]) => name in archiver.shape && value >= 0);
  return {
    archived: true,
    archiver: {
      ...(by === undefined ? {} : { by }),
      ...(since === undefined ? {} : { since }),
      ...Object.fromEntries(known.map(([name, value]) => [name, Math.round(value)])),
    },
  };
}
