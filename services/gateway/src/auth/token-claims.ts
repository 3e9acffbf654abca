import { isAssignableUserName } from '@outcry/protocol';
import { z } from 'zod';

const MAX_TOKEN_ID_LENGTH = 128;

/** The claims that a session is made of, read from a token that is verified. Others are ignored, and reach nobody. */
export const TOKEN_CLAIMS = z.object({
  sub: z.string().refine(isAssignableUserName),
  exp: z.number().positive(),
  iat: z.number().nonnegative().optional(),
  jti: z
    .string()
    .regex(/^[\x21-\x7e]+$/)
    .max(MAX_TOKEN_ID_LENGTH)
    .optional(),
});

export type TokenClaims = z.output<typeof TOKEN_CLAIMS>;
