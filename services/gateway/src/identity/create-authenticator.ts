import type { AuthConfig } from './auth-config.ts';
import type { Authenticator } from './authenticator.ts';
import { OpenAuthenticator } from './open-authenticator.ts';
import type { RevokedTokens } from './revoked-tokens.ts';
import { TokenAuthenticator } from './tokens/token-authenticator.ts';
import { TokenVerifier } from './tokens/token-verifier.ts';
import { KeyAlgorithm } from './tokens/verification-key.ts';

export interface AuthenticatorParts {
  readonly revokedTokens: RevokedTokens;
  /** The names that have accounts here. Looked at where others are taken on trust. */
  readonly accountNames: ReadonlySet<string>;
  readonly onInfoLeftOut?: (claims: number) => void;
}

/** Checks tokens where there are keys to check them with. */
export function createAuthenticator(
  { tokens, accounts }: AuthConfig,
  { revokedTokens: revoked, accountNames, onInfoLeftOut }: AuthenticatorParts,
): Authenticator {
  if (tokens !== undefined) {
    const { keys, policy, hasGuests } = tokens;
    const options = { hasGuests, ...(onInfoLeftOut === undefined ? {} : { onInfoLeftOut }) };
    return new TokenAuthenticator(new TokenVerifier(keys, policy), revoked, options);
  }
  if (accounts === undefined) return new OpenAuthenticator();
  const key = { id: undefined, algorithm: KeyAlgorithm.Hs256, material: accounts.secret };
  const verifier = new TokenVerifier([key], accounts.policy);
  const authenticator = new TokenAuthenticator(verifier, revoked, { hasGuests: false });
  return new OpenAuthenticator({ authenticator, names: accountNames });
}
