import { z } from 'zod';
import { FailureKind, HookFailure } from '@outcry/webhook';

import type { ReadAnswer } from './hook-client.ts';

const MAX_REASON_LENGTH = 256;

/** What a server says that does not want something. */
export interface Refusal {
  readonly allow: false;
  /** For the client, in words. */
  readonly reason?: string | undefined;
}

/** What a server says that wants it. */
export interface Permission {
  readonly allow: true;
}

const refusal = z.object({
  allow: z.literal(false),
  reason: z
    .string()
    .max(MAX_REASON_LENGTH, `expected at most ${String(MAX_REASON_LENGTH)} characters`)
    .refine((text) => text.isWellFormed(), 'expected well-formed text')
    .optional(),
});

/** What a server says that wants it; `fields` are what it may add. Fields that are not known are passed over. */
function permissionOf<F extends z.core.$ZodShape>(fields: F) {
  return z.object({ allow: z.literal(true), ...fields });
}

/** Reads answers that refuse, or allow with such fields. */
export function answerReader<F extends z.core.$ZodShape>(
  fields: F,
): ReadAnswer<Refusal | z.output<ReturnType<typeof permissionOf<F>>>> {
  const answer = z.discriminatedUnion('allow', [refusal, permissionOf(fields)], 'expected allow to be true or false');
  return (text) => {
    const result = answer.safeParse(parse(text));
    if (result.success) return result.data;
    const problems = result.error.issues.map(({ path, message }) => [...path.map(String), message].join(': '));
    throw new HookFailure(FailureKind.Invalid, problems.join('; '));
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new HookFailure(FailureKind.Invalid, 'the answer is not JSON', { cause });
  }
}
