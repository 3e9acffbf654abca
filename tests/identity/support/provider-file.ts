import type { JWK } from 'oidc-provider';

/** What an OpenID provider is given to run: port, keys, and who may have tokens. */
export interface ProviderFile {
  readonly port: number;
  /** Private ones; it signs with the first. */
  readonly keys: readonly JWK[];
  readonly users: readonly string[];
}

export const HOST = '127.0.0.1';
/** Whom its tokens are for: a name, as RFC 8707 has it. */
export const RESOURCE = 'urn:outcry:rooms';
export const AUDIENCE = 'outcry';
export const TOKEN_SECONDS = 300;

/** By which a user of it proves who it is. */
export function secretOf(user: string): string {
  return `the-secret-of-${user}`;
}
