import { z } from 'zod';

import { Access } from '../access.ts';
import { defineCommand } from '../api-command.ts';
import { exactlyOneOf, user } from '../fields.ts';

export const revoke = defineCommand({
  summary:
    'Makes a token, or all tokens of a user that were issued until now, good no longer, and closes the sessions that came by them.',
  access: Access.Act,
  params: z
    .strictObject({
      user: user.optional(),
      token: z
        .string()
        .regex(/^[\x21-\x7e]{1,128}$/, 'expected a jti: 1 to 128 of printable ASCII without spaces')
        .optional()
        .meta({ description: 'The `jti` of a token.' }),
    })
    .refine((params) => (params.user === undefined) !== (params.token === undefined), {
      message: 'expected either user or token',
    })
    .meta(exactlyOneOf('user', 'token')),
  result: z.object({
    expiresAt: z
      .int()
      .meta({ description: 'When the revocation is forgotten: every token that it means has expired then.' }),
  }),
  async run({ revocations, maxTokenLifetimeMs }, params) {
    const now = Date.now();
    const expiresAt = now + maxTokenLifetimeMs;
    const subject =
      params.user === undefined
        ? { kind: 'token' as const, id: params.token ?? '' }
        : { kind: 'user' as const, id: params.user };
    await revocations.revoke({ ...subject, issuedUntil: now, expiresAt });
    return { expiresAt };
  },
});
