import { createDecoder, createVerifier, TOKEN_ERROR_CODES } from 'fast-jwt';

import { TokenRefusal } from '../authenticator.ts';
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

const REFUSALS: Readonly<Record<string, TokenRefusal>> = {
  [TOKEN_ERROR_CODES.invalidAlgorithm]: TokenRefusal.Algorithm,
  [TOKEN_ERROR_CODES.invalidSignature]: TokenRefusal.Signature,
  [TOKEN_ERROR_CODES.missingSignature]: TokenRefusal.Signature,
  [TOKEN_ERROR_CODES.expired]: TokenRefusal.Expired,
  [TOKEN_ERROR_CODES.inactive]: TokenRefusal.NotYetValid,
  [TOKEN_ERROR_CODES.invalidClaimType]: TokenRefusal.Claims,
  [TOKEN_ERROR_CODES.invalidClaimValue]: TokenRefusal.Claims,
  [TOKEN_ERROR_CODES.missingRequiredClaim]: TokenRefusal.Claims,
};

type Verify = (token: string) => unknown;

const decode = createDecoder({ complete: true });

/**
 * Checks JSON Web Tokens, synchronously. The key is found by the token's `kid` in a map and by nothing else of the token: what
 * its header says of algorithms must agree with the key, and key material or addresses of keys in it are not looked at.
 */
export class TokenVerifier {
  #verifiers: ReadonlyMap<string | undefined, Verify> = new Map();
  #keys: TokenKeys = { all: [] };
  readonly #policy: TokenPolicy;

  constructor(keys: readonly VerificationKey[], policy: TokenPolicy) {
    this.#policy = policy;
    this.useKeys({ all: keys });
  }

  /** From now on these keys, and no others. */
  useKeys(keys: TokenKeys): void {
    this.#keys = keys;
    this.#verifiers = new Map(keys.all.map((key) => [key.id, verifierOf(key, this.#policy)]));
  }

  /** Never throws: whatever is wrong with a token is a refusal. */
  verify(token: string): Verification {
    if (token.length > MAX_TOKEN_LENGTH) return { refusal: TokenRefusal.Malformed };
    try {
      const { keyId, payload } = unverified(token);
      const verify = this.#verifiers.get(keyId);
      if (verify === undefined) return { refusal: this.#refusalOfUnknown(keyId, payload) };
      const claims = readClaims(verify(token), this.#policy.claimNames);
      if (claims === undefined || this.#lastsTooLong(claims)) return { refusal: TokenRefusal.Claims };
      return this.#isOfTheFuture(claims) ? { refusal: TokenRefusal.NotYetValid } : { claims };
    } catch (err) {
      return { refusal: refusalOf(err) };
    }
  }

  #refusalOfUnknown(keyId: string | undefined, payload: unknown): TokenRefusal {
    const { iat } = Object(payload) as { iat?: unknown };
    const issuedAt = typeof iat === 'number' ? iat * 1000 : undefined;
    const isToCome = keyId !== undefined && (this.#keys.mayStillCome?.(issuedAt) ?? false);
    return isToCome ? TokenRefusal.KeyToCome : TokenRefusal.UnknownKey;
  }

  /** Counted from when it was issued, or else it became good when the revocation that means it is forgotten. */
  #lastsTooLong({ exp, iat = Infinity }: TokenClaims): boolean {
    const { clockToleranceMs, maxLifetimeMs } = this.#policy;
    return exp * 1000 > Math.min(Date.now() + clockToleranceMs, iat * 1000) + maxLifetimeMs;
  }

  /** RFC 7519 leaves it open. Here a user's revocation means what was issued until then: this one would outlive it. */
  #isOfTheFuture({ iat = 0 }: TokenClaims): boolean {
    return iat * 1000 > Date.now() + this.#policy.clockToleranceMs;
  }
}

function verifierOf({ algorithm, material }: VerificationKey, policy: TokenPolicy): Verify {
  const { issuer, audience, clockToleranceMs } = policy;
  const required = [issuer === undefined ? [] : ['iss'], audience === undefined ? [] : ['aud']].flat();
  return createVerifier({
    key: material,
    algorithms: [algorithm],
    clockTolerance: clockToleranceMs,
    requiredClaims: ['exp', ...required],
    ...(issuer === undefined ? {} : { allowedIss: issuer }),
    ...(audience === undefined ? {} : { allowedAud: audience }),
  });
}

/** What the header names the key by, undefined where it names none, and what is signed. Throws where there is no header to speak of. */
function unverified(token: string): { readonly keyId: string | undefined; readonly payload: unknown } {
  const { header, payload } = decode(token) as { header: Readonly<Record<string, unknown>>; payload: unknown };
  // Extensions that must be understood (RFC 7515 §4.1.11): none is. The library lets empty ones pass (fast-jwt 6.3.6).
  if ('crit' in header) throw new TypeError('crit');
  const { kid } = header as { kid?: unknown };
  if (kid !== undefined && typeof kid !== 'string') throw new TypeError('kid');
  return { keyId: kid, payload };
}

function refusalOf(err: unknown): TokenRefusal {
  const code = err instanceof Error && 'code' in err ? String(err.code) : '';
  return REFUSALS[code] ?? TokenRefusal.Malformed;
}
