import type { Authentication, Authenticator } from './authenticator.ts';
import { guestIdentity } from './guest-identity.ts';
import type { Identity } from './identity.ts';
import type { TokenClaims } from './token-claims.ts';
import type { TokenVerifier } from './token-verifier.ts';

/** Takes who a signed token says, and guests where they are let in. */
export class TokenAuthenticator implements Authenticator {
  readonly #verifier: TokenVerifier;
  readonly #hasGuests: boolean;

  constructor(verifier: TokenVerifier, { hasGuests }: { readonly hasGuests: boolean }) {
    this.#verifier = verifier;
    this.#hasGuests = hasGuests;
  }

  authenticate(token: string): Authentication {
    const { claims, refusal } = this.#verifier.verify(token);
    return claims === undefined ? { refusal } : { identity: identityFrom(claims) };
  }

  guest(): Identity | undefined {
    return this.#hasGuests ? guestIdentity() : undefined;
  }
}

function identityFrom({ sub, exp, iat, jti, rooms }: TokenClaims): Identity {
  return {
    user: sub,
    isGuest: false,
    expiresAt: Math.floor(exp * 1000),
    issuedAt: iat === undefined ? undefined : Math.floor(iat * 1000),
    tokenId: jti,
    grants: rooms,
  };
}
