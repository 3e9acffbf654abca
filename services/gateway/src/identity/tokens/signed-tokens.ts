import { createDecoder, createVerifier, TOKEN_ERROR_CODES } from 'fast-jwt';

import { TokenRefusal } from '../authenticator.ts';
import type { TokenKeys, VerificationKey } from './verification-key.ts';

/** What the registered claims of a signed token must be. */
export interface SignedTokenPolicy {
  /** The `iss` that is accepted; undefined accepts any. */
  readonly issuer: string | undefined;
  /** The `aud` that is accepted, alone or among others; undefined accepts any. */
  readonly audience: string | undefined;
  /** How far the clocks of issuer and gateway may differ. */
  readonly clockToleranceMs: number;
  /** Past this a token is not looked at. */
  readonly maxLength: number;
}

/** One that holds. */
export interface SignedToken {
  readonly payload: unknown;
  /** The `typ` of its header. */
  readonly type: unknown;
  readonly refusal?: undefined;
}

export type SignedTokenResult = SignedToken | { readonly payload?: undefined; readonly refusal: TokenRefusal };

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
 * Checks who signed a JSON Web Token, for whom and until when, synchronously. The key is found by the token's `kid` in a map and by
 * nothing else of the token: what its header says of algorithms must agree with the key, and key material or addresses of keys in it
 * are not looked at.
 */
export class SignedTokens {
  #verifiers: ReadonlyMap<string | undefined, Verify> = new Map();
  #keys: TokenKeys | undefined;
  readonly #policy: SignedTokenPolicy;

  constructor(policy: SignedTokenPolicy) {
    this.#policy = policy;
  }

  /** From now on these keys, and no others. */
  useKeys(keys: TokenKeys): void {
    this.#keys = keys;
    this.#verifiers = new Map(keys.all.map((key) => [key.id, verifierOf(key, this.#policy)]));
  }

  /** Never throws: whatever is wrong with a token is a refusal. */
  verify(token: string): SignedTokenResult {
    if (token.length > this.#policy.maxLength) return { refusal: TokenRefusal.Malformed };
    try {
      const { keyId, type, payload } = unverified(token);
      const verify = this.#verifiers.get(keyId);
      if (verify === undefined) return { refusal: this.#refusalOfUnknown(keyId, payload) };
      return { payload: verify(token), type };
    } catch (err) {
      return { refusal: refusalOf(err) };
    }
  }

  #refusalOfUnknown(keyId: string | undefined, payload: unknown): TokenRefusal {
    const { iat } = Object(payload) as { iat?: unknown };
    const issuedAt = typeof iat === 'number' ? iat * 1000 : undefined;
    const isToCome = keyId !== undefined && (this.#keys?.mayStillCome?.(issuedAt) ?? false);
    return isToCome ? TokenRefusal.KeyToCome : TokenRefusal.UnknownKey;
  }
}

function verifierOf({ algorithm, material }: VerificationKey, policy: SignedTokenPolicy): Verify {
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

interface Unverified {
  /** What the header names the key by, undefined where it names none. */
  readonly keyId: string | undefined;
  readonly type: unknown;
  /** What is signed. */
  readonly payload: unknown;
}

/** Throws where there is no header to speak of. */
function unverified(token: string): Unverified {
  const { header, payload } = decode(token) as { header: Readonly<Record<string, unknown>>; payload: unknown };
  // Extensions that must be understood (RFC 7515 §4.1.11): none is. The library lets empty ones pass (fast-jwt 6.3.6).
  if ('crit' in header) throw new TypeError('crit');
  const { kid, typ } = header as { kid?: unknown; typ?: unknown };
  if (kid !== undefined && typeof kid !== 'string') throw new TypeError('kid');
  return { keyId: kid, type: typ, payload };
}

function refusalOf(err: unknown): TokenRefusal {
  const code = err instanceof Error && 'code' in err ? String(err.code) : '';
  return REFUSALS[code] ?? TokenRefusal.Malformed;
}
