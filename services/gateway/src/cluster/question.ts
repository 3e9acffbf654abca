import { z } from 'zod';

import { archiveStory } from '../archive/archive-story.ts';
import { bookStory } from '../books/book-story.ts';
import { connectionStory } from '../connections/connection-story.ts';
import { hookStory } from '../hooks/hook-story.ts';
import { shardStory } from './shard-story.ts';

/** What one gateway asks all of them about, for somebody who looks. */
export const question = z.discriminatedUnion('what', [
  z.object({
    what: z.literal('connections'),
    user: z.string().optional(),
    connection: z.string().optional(),
    limit: z.int().positive(),
  }),
  z.object({ what: z.literal('books') }),
  z.object({ what: z.literal('health') }),
  z.object({ what: z.literal('shards') }),
  z.object({ what: z.literal('hooks') }),
  z.object({ what: z.literal('archive') }),
]);

export type Question = z.output<typeof question>;

/** As `/status` has it. */
export const nodeHealth = z.object({
  status: z.enum(['ok', 'limited', 'unready']),
  summary: z.string(),
  version: z.string(),
  uptimeSeconds: z.number(),
  checks: z.array(
    z.object({
      name: z.string(),
      part: z.string().optional(),
      ok: z.boolean(),
      reason: z.string().optional(),
      blocking: z.literal(true).optional(),
      since: z.string(),
    }),
  ),
  process: z.record(z.string(), z.union([z.string(), z.number()])),
});

/** What one gateway knows about it. */
export const answer = z.discriminatedUnion('what', [
  z.object({
    what: z.literal('connections'),
    connections: z.array(connectionStory),
    /** There are more than were asked for, or than fit. */
    more: z.boolean(),
    /** Of those that were closed before, some are forgotten. */
    completeSince: z.int().optional(),
  }),
  z.object({ what: z.literal('books'), books: z.array(bookStory), more: z.boolean() }),
  z.object({ what: z.literal('health'), health: nodeHealth }),
  z.object({ what: z.literal('shards'), shards: z.array(shardStory) }),
  z.object({ what: z.literal('hooks'), hooks: z.array(hookStory) }),
  z.object({ what: z.literal('archive'), archive: archiveStory }),
]);

export type Answer = z.output<typeof answer>;
export type NodeHealth = z.output<typeof nodeHealth>;
/** The answer to a question about that. */
export type AnswerAbout<W extends Question['what']> = Extract<Answer, { readonly what: W }>;

/** What one gateway knows by itself. */
export interface OwnAnswers {
  readonly node: string;
  /** Undefined where it knows nothing of that. Never rejects. */
  answer(about: Question): Promise<Answer | undefined>;
}

const answersInReport = z.object({ answers: z.record(z.string(), z.unknown()) });

/** The answer to one question out of what a gateway reports; undefined where there is none, or none of this version. */
export function decodeAnswer(report: string, ask: string): Answer | undefined {
  try {
    const given = answersInReport.safeParse(JSON.parse(report)).data?.answers;
    return given !== undefined && Object.hasOwn(given, ask) ? answer.safeParse(given[ask]).data : undefined;
  } catch {
    return undefined;
  }
}
