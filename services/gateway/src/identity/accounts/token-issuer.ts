import { createHmac, randomUUID } from 'node:crypto';

import type { TokenPolicy } from '../tokens/token-verifier.ts';

export interface TokenIssuerOptions {
  /** The shared secret of tokens that name no key. */
  readonly secret: Buffer;
  readonly lifetimeMs: number;
  /** What the tokens are checked for when they come back. */
  readonly policy: Pick<TokenPolicy, 'issuer' | 'audience' | 'claimNames'>;
}

export interface IssuedToken {
  readonly user: string;
  readonly token: string;
  /** Unix milliseconds. */
  readonly expiresAt: number;
}

const HEADER = encode({ alg: 'HS256', typ: 'JWT' });

/** Makes the tokens of accounts. They say who somebody is and nothing else: rights come from room rules. */
export class TokenIssuer {
  readonly #options: TokenIssuerOptions;

  constructor(options: TokenIssuerOptions) {
    this.#options = options;
  }

  issue(user: string): IssuedToken {
    const { lifetimeMs, policy } = this.#options;
    const now = Date.now();
    const exp = Math.floor((now + lifetimeMs) / 1000);
    const { issuer: iss, audience: aud, claimNames } = policy;
    // Not in whole seconds: whoever logs in right behind a revocation of old tokens is not meant by it.
    const names = claimNames && { [claimNames.user]: user };
    const token = this.#sign({ sub: user, ...names, jti: randomUUID(), iat: now / 1000, exp, iss, aud });
    return { user, token, expiresAt: exp * 1000 };
  }

  /** By hand, as docs/AUTH.md shows it: fast-jwt makes whole seconds of every `iat` (6.3.6). */
  #sign(claims: Readonly<Record<string, unknown>>): string {
    const input = `${HEADER}.${encode(claims)}`;
    return `${input}.${createHmac('sha256', this.#options.secret).update(input).digest('base64url')}`;
  }
}

/** What is undefined is left out. */
function encode(part: Readonly<Record<string, unknown>>): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
