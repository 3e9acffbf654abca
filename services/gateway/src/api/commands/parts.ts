import { z } from 'zod';

import { archiveStory } from '../../archive/archive-story.ts';
import { askNodes } from '../../cluster/ask-nodes.ts';
import { shardStory } from '../../cluster/shard-story.ts';
import { hookStory } from '../../hooks/hook-story.ts';
import { Access } from '../access.ts';
import { defineCommand } from '../api-command.ts';
import { asked, tellAsked } from '../fields.ts';

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
  summary: 'The archive, as each gateway sees it: which rooms are archived, how it is read, and what was lost before.',
  access: Access.Look,
  params: z.strictObject({}),
  result: z.object({ nodes: z.array(archiveStory.extend({ node: z.string() })), ...asked }),
  async run(parts) {
    const { told, ...others } = await askNodes({ what: 'archive' }, parts);
    return { nodes: told.map(({ node, answer }) => ({ node, ...answer.archive })), ...tellAsked(others) };
  },
});
