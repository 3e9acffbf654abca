import { isAccountName } from '@outcry/protocol';
import { z } from 'zod';

import { Access } from '../access.ts';
import { defineCommand } from '../api-command.ts';
import { ApiError } from '../api-error.ts';
import type { ApiParts } from '../api-parts.ts';
import { text } from '../fields.ts';

const user = z
  .string()
  .refine(isAccountName, 'expected the name of an account: a-z, 0-9 and ._:-')
  .meta({
    pattern: '^[a-z0-9][a-z0-9._:-]{0,126}$',
    not: { anyOf: [{ enum: ['all', 'server'] }, { pattern: '^guest-' }] },
    description: 'The name of an account.',
    examples: ['ann'],
  });

const result = z.object({
  expiresAt: z.int().meta({ description: 'When every token has expired that the account had.' }),
});

export const deleteAccount = defineCommand({
  summary:
    'Takes the password of an account away, revokes its tokens, and closes the sessions that came by them. Nobody else gets the name.',
  access: Access.Act,
  params: z.strictObject({ user }),
  result,
  run: (parts, params) =>
    change(parts, params.user, { what: 'account deleted', run: (accounts) => accounts.delete(params.user) }),
});

export const resetPassword = defineCommand({
  summary:
    'Gives an account another password, revokes its tokens, and closes the sessions that came by them. A deleted account is there again.',
  access: Access.Act,
  params: z.strictObject({ user, password: text({ minLength: 8, maxLength: 128 }) }),
  result,
  run: (parts, params) =>
    change(parts, params.user, { what: 'password reset', run: (accounts) => accounts.resetPassword(params) }),
});

interface Change {
  /** For the log. */
  readonly what: string;
  /** False where there never was such an account. */
  readonly run: (accounts: NonNullable<ApiParts['accounts']>) => Promise<boolean>;
}

/** Revokes behind the change: a token that was given meanwhile is seen by one of the two (`Accounts`). */
async function change(
  { accounts, revocations, maxTokenLifetimeMs, logger }: ApiParts,
  user: string,
  { what, run }: Change,
): Promise<z.input<typeof result>> {
  if (accounts === undefined) throw new ApiError('notFound', 'there are no accounts here: OUTCRY_ACCOUNTS is not set');
  if (!(await run(accounts))) throw new ApiError('notFound', `there never was an account ${user}`, 'user');
  const now = Date.now();
  const expiresAt = now + maxTokenLifetimeMs;
  await revocations.revoke({ kind: 'user', id: user, issuedUntil: now, expiresAt });
  logger.info({ user }, what);
  return { expiresAt };
}
