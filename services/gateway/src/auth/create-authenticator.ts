import type { AuthConfig } from '../config/auth-config.ts';
import type { Authenticator } from './authenticator.ts';
import { OpenAuthenticator } from './open-authenticator.ts';
import type { RevokedTokens } from './revoked-tokens.ts';
import { TokenAuthenticator } from './token-authenticator.ts';
import { TokenVerifier } from './token-verifier.ts';
import { KeyAlgorithm } from './verification-key.ts';

/** Checks tokens where there are keys to check them with. */
export function createAuthenticator({ tokens, accounts }: AuthConfig, revoked: RevokedTokens): Authenticator {
  if (tokens !== undefined) {
    return new TokenAuthenticator(new TokenVerifier(tokens.keys, tokens.policy), revoked, tokens);
  }
  if (accounts === undefined) return new OpenAuthenticator();
  const key = { id: undefined, algorithm: KeyAlgorithm.Hs256, material: accounts.secret };
  const verifier = new TokenVerifier([key], accounts.policy);
  return new OpenAuthenticator(new TokenAuthenticator(verifier, revoked, { hasGuests: false }));
}
