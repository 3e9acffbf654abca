import { readFileSync } from 'node:fs';

import { ConfigError } from '@outcry/config';
import { isRoomPattern } from '@outcry/protocol';
import { z } from 'zod';

import type { RetentionRule } from './retention-rules.ts';

const MS_PER_SECOND = 1000;

/** Rules as they are written, the first that matches before the others. What else a rule says is the gateways' to check. */
export const WRITTEN_RULES = z.array(
  z.object({
    pattern: z.string().refine(isRoomPattern, 'expected a room name, in which * stands for any characters'),
    archive: z.boolean().optional(),
    history: z
      .object({
        count: z.int().nonnegative().optional(),
        seconds: z.int().positive().optional(),
        bytes: z.int().nonnegative().optional(),
      })
      .optional(),
  }),
);

const file = z.object({ rules: WRITTEN_RULES });

/**
 * Reads how much rooms keep out of the file of room rules.
 *
 * @throws ConfigError with every problem at once
 */
export function readRetentionRules(path: string): readonly RetentionRule[] {
  const result = file.safeParse(parse(path));
  if (!result.success) {
    const problems = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new ConfigError(problems.map((problem) => `OUTCRY_ROOM_RULES_FILE: ${problem}`));
  }
  return retentionOf(result.data.rules);
}

/** How much rooms keep, of rules that say more. */
export function retentionOf(rules: z.output<typeof WRITTEN_RULES>): readonly RetentionRule[] {
  return rules.map(({ pattern, archive, history: { count, seconds, bytes } = {} }) => ({
    pattern,
    count,
    ms: seconds === undefined ? undefined : seconds * MS_PER_SECOND,
    bytes,
    isArchived: archive,
  }));
}

function parse(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    const why = cause instanceof SyntaxError ? `is not JSON (${cause.message})` : 'cannot be read';
    throw new ConfigError([`OUTCRY_ROOM_RULES_FILE: ${path} ${why}`]);
  }
}
