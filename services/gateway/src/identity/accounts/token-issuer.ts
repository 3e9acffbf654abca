import { randomUUID } from 'node:crypto';

import { createSigner } from 'fast-jwt';

import type { TokenPolicy } from '../tokens/token-verifier.ts';

export interface TokenIssuerOptions {
  /** The shared secret of tokens that name no key. */
  readonly secret: Buffer;
  readonly lifetimeMs: number;
  /** What the tokens are checked for when they come back. */
  readonly policy: Pick<TokenPolicy, 'issuer' | 'audience'>;
}

export interface IssuedToken {
  readonly user: string;
  readonly token: string;
  /** Unix milliseconds. */
  readonly expiresAt: number;
}

/** Makes the tokens of accounts. They say who somebody is and nothing else: rights come from room rules. */
export class TokenIssuer {
  readonly #options: TokenIssuerOptions;
  readonly #sign: (claims: Readonly<Record<string, unknown>>) => string;

  constructor(options: TokenIssuerOptions) {
    this.#options = options;
    this.#sign = createSigner({ key: options.secret, algorithm: 'HS256' });
  }

  issue(user: string): IssuedToken {
    const { lifetimeMs, policy } = this.#options;
    const now = Date.now();
    const exp = Math.floor((now + lifetimeMs) / 1000);
    const { issuer: iss, audience: aud } = policy;
    // Not in whole seconds: whoever logs in right behind a revocation of old tokens is not meant by it.
    const claims = { sub: user, jti: randomUUID(), iat: now / 1000, exp };
    const token = this.#sign({
      ...claims,
      ...(iss === undefined ? {} : { iss }),
      ...(aud === undefined ? {} : { aud }),
    });
    return { user, token, expiresAt: exp * 1000 };
  }
}
