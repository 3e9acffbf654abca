import { isAssignableUserName } from '@outcry/protocol';
import { z } from 'zod';

import { type ClaimedInfo, infoOfClaims } from '../info/user-info.ts';
import { roomGrants } from '../rights/grant-list.ts';
import { RoomGrants } from '../rights/room-grants.ts';

const MAX_TOKEN_ID_LENGTH = 128;

/** RFC 8693 §4.2 has a text with spaces, others have lists. What is neither gives no right. */
export const scopeNames = z
  .union([z.string().transform((text) => text.split(' ')), z.array(z.string())])
  .transform((names) => new Set(names.filter((name) => name !== '')))
  .catch(new Set<string>());

const tokenClaims = z.object({
  sub: z.string().refine(isAssignableUserName),
  exp: z.number().positive(),
  iat: z.number().nonnegative().optional(),
  jti: z
    .string()
    .regex(/^[\x21-\x7e]+$/)
    .max(MAX_TOKEN_ID_LENGTH)
    .optional(),
  rooms: roomGrants.prefault({}).transform((list) => new RoomGrants(list)),
  scopes: scopeNames,
});

/** What a token says that is verified, and what it says that others are shown. */
export type TokenClaims = z.output<typeof tokenClaims> & ClaimedInfo;

/** Where claims stand that every provider has under a name of its own. */
export interface ClaimNames {
  readonly user: string;
  readonly rooms: string;
  readonly scopes: string;
  /** Those that others are shown, the first before the others where there is not room for all. Absent: none. */
  readonly info?: readonly string[];
}

const REGISTERED_NAMES: ClaimNames = { user: 'sub', rooms: 'rooms', scopes: 'scope' };

/** The claims that a session is made of, out of a token that is verified; undefined where one is missing or no good. Others reach nobody. */
export function readClaims(payload: unknown, names: ClaimNames = REGISTERED_NAMES): TokenClaims | undefined {
  const { user, rooms, scopes, info = [] } = names;
  const named = { sub: valueAt(payload, user), rooms: valueAt(payload, rooms), scopes: valueAt(payload, scopes) };
  const { data } = tokenClaims.safeParse({ ...(payload as object), ...named });
  return data && { ...data, ...infoOfClaims(info.map((name) => [name, valueAt(payload, name)])) };
}

/** A claim by its name, or else by the way to it: `realm_access.roles`. */
export function valueAt(payload: unknown, name: string): unknown {
  const whole = ownValue(payload, name);
  if (whole !== undefined || !name.includes('.')) return whole;
  return name.split('.').reduce(ownValue, payload);
}

function ownValue(holder: unknown, name: string): unknown {
  if (typeof holder !== 'object' || holder === null || !Object.hasOwn(holder, name)) return undefined;
  return (holder as Readonly<Record<string, unknown>>)[name];
}
