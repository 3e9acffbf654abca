import { isAssignableUserName, isRoomPattern } from '@outcry/protocol';
import { z } from 'zod';

import { RoomRight } from '../rights/room-rights.ts';
import { RoomGrants } from '../rights/room-grants.ts';

const MAX_TOKEN_ID_LENGTH = 128;
const MAX_PATTERNS = 64;

/** `{"team.*": ["read", "write"]}` */
const roomGrants = z
  .record(z.string().refine(isRoomPattern), z.array(z.enum(RoomRight)))
  .refine((grants) => Object.keys(grants).length <= MAX_PATTERNS)
  .transform((grants) => new RoomGrants(Object.entries(grants).map(([pattern, rights]) => [pattern, new Set(rights)])));

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
  rooms: roomGrants.prefault({}),
});

export type TokenClaims = z.output<typeof TOKEN_CLAIMS>;
