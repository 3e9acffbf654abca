import type { AuthConfig } from '../config/auth-config.ts';
import type { Authenticator } from './authenticator.ts';
import { OpenAuthenticator } from './open-authenticator.ts';
import type { RevokedTokens } from './revoked-tokens.ts';
import { TokenAuthenticator } from './token-authenticator.ts';
import { TokenVerifier } from './token-verifier.ts';

/** Checks tokens where there are keys to check them with. */
export function createAuthenticator({ tokens }: AuthConfig, revoked: RevokedTokens): Authenticator {
  if (tokens === undefined) return new OpenAuthenticator();
  return new TokenAuthenticator(new TokenVerifier(tokens.keys, tokens.policy), revoked, tokens);
}
