import { TokenRefusal } from '../authenticator.ts';
import { SignedTokens } from './signed-tokens.ts';
import { type ClaimNames, readClaims, type TokenClaims } from './token-claims.ts';
import type { TokenKeys, VerificationKey } from './verification-key.ts';

/** What a token must be besides signed. */
export interface TokenPolicy {
  /** The `iss` that is accepted; undefined accepts any. */
  readonly issuer: string | undefined;
  /** The `aud` that is accepted, alone or among others; undefined accepts any. */
  readonly audience: string | undefined;
  /** How far the clocks of issuer and gateway may differ. */
  readonly clockToleranceMs: number;
  /** A token that is valid for longer than this is refused: its revocation is forgotten so much later. */
  readonly maxLifetimeMs: number;
  /** Unset: the names that RFC 7519 and RFC 8693 have for them, and `rooms`. */
  readonly claimNames?: ClaimNames;
}

export type Verification =
  | { readonly claims: TokenClaims; readonly refusal?: undefined }
  | { readonly claims?: undefined; readonly refusal: TokenRefusal };

/** Past this a token is not looked at: the limit of the `auth` frame holds at every door. */
export const MAX_TOKEN_LENGTH = 4096;

/** Checks the tokens of clients, synchronously: as `SignedTokens` has it, and what a session is made of. */
export class TokenVerifier {
  readonly #signed: SignedTokens;
  readonly #policy: TokenPolicy;

  constructor(keys: readonly VerificationKey[], policy: TokenPolicy) {
    this.#policy = policy;
    this.#signed = new SignedTokens({ ...policy, maxLength: MAX_TOKEN_LENGTH });
    this.useKeys({ all: keys });
  }

  /** From now on these keys, and no others. */
  useKeys(keys: TokenKeys): void {
    this.#signed.useKeys(keys);
  }

  /** Never throws: whatever is wrong with a token is a refusal. */
  verify(token: string): Verification {
    const { payload, refusal } = this.#signed.verify(token);
    if (refusal !== undefined) return { refusal };
    try {
      const claims = readClaims(payload, this.#policy.claimNames);
      if (claims === undefined || lastsTooLong(claims, this.#policy)) return { refusal: TokenRefusal.Claims };
      return isOfTheFuture(claims, this.#policy) ? { refusal: TokenRefusal.NotYetValid } : { claims };
    } catch {
      return { refusal: TokenRefusal.Malformed };
    }
  }
}

type Times = Pick<TokenClaims, 'exp' | 'iat'>;
type TimeLimits = Pick<TokenPolicy, 'clockToleranceMs' | 'maxLifetimeMs'>;

/** Counted from when it was issued, or else it became good when the revocation that means it is forgotten. */
export function lastsTooLong({ exp, iat = Infinity }: Times, { clockToleranceMs, maxLifetimeMs }: TimeLimits): boolean {
  return exp * 1000 > Math.min(Date.now() + clockToleranceMs, iat * 1000) + maxLifetimeMs;
}

/** RFC 7519 leaves it open. Here a user's revocation means what was issued until then: this one would outlive it. */
export function isOfTheFuture({ iat = 0 }: Times, { clockToleranceMs }: TimeLimits): boolean {
  return iat * 1000 > Date.now() + clockToleranceMs;
}
