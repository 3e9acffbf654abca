import { type Authentication, type Authenticator, TokenRefusal } from '../authenticator.ts';
import { guestIdentity } from '../guest-identity.ts';
import type { Identity } from '../identity.ts';
import type { RevokedTokens } from '../revoked-tokens.ts';
import type { TokenClaims } from './token-claims.ts';
import type { TokenVerifier } from './token-verifier.ts';
import type { TokenKeys } from './verification-key.ts';

export interface TokenAuthenticatorOptions {
  readonly hasGuests: boolean;
  /** So many of the claims that others were to be shown are not. */
  readonly onInfoLeftOut?: (claims: number) => void;
}

/** Takes who a signed token says, and guests where they are let in. */
export class TokenAuthenticator implements Authenticator {
  readonly #verifier: TokenVerifier;
  readonly #revoked: RevokedTokens;
  readonly #options: TokenAuthenticatorOptions;

  constructor(verifier: TokenVerifier, revoked: RevokedTokens, options: TokenAuthenticatorOptions) {
    this.#verifier = verifier;
    this.#revoked = revoked;
    this.#options = options;
  }

  authenticate(token: string): Authentication {
    const { claims, refusal } = this.#verifier.verify(token);
    if (claims === undefined) return { refusal };
    if (claims.leftOut > 0) this.#options.onInfoLeftOut?.(claims.leftOut);
    const identity = identityFrom(claims);
    return this.#revoked.has(identity) ? { refusal: TokenRefusal.Revoked } : { identity };
  }

  useKeys(keys: TokenKeys): void {
    this.#verifier.useKeys(keys);
  }

  guest(): Identity | undefined {
    return this.#options.hasGuests ? guestIdentity() : undefined;
  }
}

function identityFrom({ sub, exp, iat, jti, rooms, scopes, info }: TokenClaims): Identity {
  return {
    user: sub,
    isGuest: false,
    expiresAt: Math.floor(exp * 1000),
    issuedAt: iat === undefined ? undefined : Math.floor(iat * 1000),
    tokenId: jti,
    grants: rooms,
    scopes,
    info,
  };
}
