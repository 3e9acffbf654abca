import { z } from 'zod';

import { TokenRefusal } from '../identity/authenticator.ts';
import type { SignedToken } from '../identity/tokens/signed-tokens.ts';
import { scopeNames, valueAt } from '../identity/tokens/token-claims.ts';
import { isOfTheFuture, lastsTooLong } from '../identity/tokens/token-verifier.ts';

/** Whom an ID token has to be for, and which roles give which rights. */
export interface OperatorPolicy {
  readonly issuer: string;
  readonly clientId: string;
  readonly rolesClaim: string;
  readonly actRoles: ReadonlySet<string>;
  readonly readRoles: ReadonlySet<string>;
  /** How far the clocks of provider and gateway may differ. */
  readonly clockToleranceMs: number;
  /** A token that is valid for longer than this is refused: nobody can take it back. */
  readonly maxLifetimeMs: number;
}

/** Somebody who has signed in. */
export interface Operator {
  /** What people call them, for whoever reads the log. It may change, and others may have had it. */
  readonly name: string;
  /** What the provider calls them, for good. */
  readonly subject: string;
  readonly mayAct: boolean;
  /** Unix milliseconds. */
  readonly expiresAt: number;
}

/** Why somebody who has signed in is not let in. */
export const OperatorRefusal = {
  ...TokenRefusal,
  /** All is well with the token, and none of its roles is in the lists. */
  NoRole: 'no-role',
} as const;
export type OperatorRefusal = (typeof OperatorRefusal)[keyof typeof OperatorRefusal];

export type FoundOperator =
  | { readonly operator: Operator; readonly refusal?: undefined }
  | { readonly operator?: undefined; readonly refusal: OperatorRefusal };

const NAME_CHARACTERS = 64;
/** OpenID Connect Core 1.0 §2. */
const SUBJECT_CHARACTERS = 255;

const idToken = z.object({
  sub: z.string().min(1).max(SUBJECT_CHARACTERS),
  exp: z.number().positive(),
  iat: z.number().nonnegative(),
  aud: z.union([z.string(), z.array(z.string())]),
  azp: z.string().optional(),
  // Logout tokens and their like (RFC 8417) have the same audience, and are nobody's sign-in.
  events: z.never().optional(),
});

/** Whoever a token is of whose signature, issuer, audience and time hold. */
export function findOperator({ payload, type }: SignedToken, policy: OperatorPolicy): FoundOperator {
  const { data: claims } = idToken.safeParse(payload);
  // Access tokens are signed by the same keys, and say so (RFC 9068 §2.1).
  const isIdToken = type === undefined || (typeof type === 'string' && /^(application\/)?jwt$/i.test(type));
  if (claims === undefined || !isIdToken || !isFor(policy.clientId, claims) || lastsTooLong(claims, policy)) {
    return { refusal: OperatorRefusal.Claims };
  }
  if (isOfTheFuture(claims, policy)) return { refusal: OperatorRefusal.NotYetValid };
  const roles = scopeNames.parse(valueAt(payload, policy.rolesClaim));
  const mayAct = hasAny(roles, policy.actRoles);
  if (!mayAct && !hasAny(roles, policy.readRoles)) return { refusal: OperatorRefusal.NoRole };
  return {
    operator: {
      name: nameOf(payload, claims.sub),
      subject: plain(claims.sub, SUBJECT_CHARACTERS),
      mayAct,
      expiresAt: Math.floor(claims.exp * 1000) + policy.clockToleranceMs,
    },
  };
}

/** OpenID Connect Core 1.0 §3.1.3.7: of a token for several, it is the one that asked for it who may bring it. */
function isFor(clientId: string, { aud, azp }: z.output<typeof idToken>): boolean {
  if (azp !== undefined) return azp === clientId;
  return typeof aud === 'string' || aud.length === 1;
}

function hasAny(roles: ReadonlySet<string>, wanted: ReadonlySet<string>): boolean {
  return [...roles].some((role) => wanted.has(role));
}

function nameOf(payload: unknown, subject: string): string {
  const isVerified = valueAt(payload, 'email_verified') !== false;
  const names = [valueAt(payload, 'preferred_username'), isVerified ? valueAt(payload, 'email') : undefined, subject];
  return names.map((name) => (typeof name === 'string' ? plain(name, NAME_CHARACTERS) : '')).find(Boolean) ?? '?';
}

/** In one line, without what is not seen or turns the letters around. */
function plain(text: string, maxCharacters: number): string {
  const seen = text.normalize().replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, '');
  return Array.from(seen.replaceAll(/\s+/gu, ' ').trim()).slice(0, maxCharacters).join('');
}
