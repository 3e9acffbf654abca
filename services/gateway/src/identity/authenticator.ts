import type { Identity } from './identity.ts';
import type { TokenKeys } from './tokens/verification-key.ts';

/** Why a token is refused. For metrics and logs: a client is not told which check its token failed, but for those that it may pass or has passed once. */
export const TokenRefusal = {
  /** No token of the kind that is expected here. */
  Malformed: 'malformed',
  /** A name, taken on trust, that has an account. */
  NameTaken: 'name-taken',
  /** Names no key that is known, or none where it must. */
  UnknownKey: 'unknown-key',
  /** Names a key that is not known, but may be a new one of the provider's. */
  KeyToCome: 'key-to-come',
  /** Signed with another algorithm than the key's. */
  Algorithm: 'algorithm',
  Signature: 'signature',
  /** A claim is missing, of the wrong kind, or not what is accepted here. */
  Claims: 'claims',
  NotYetValid: 'not-yet-valid',
  Expired: 'expired',
  Revoked: 'revoked',
} as const;
export type TokenRefusal = (typeof TokenRefusal)[keyof typeof TokenRefusal];

export type Authentication =
  | { readonly identity: Identity; readonly refusal?: undefined }
  | { readonly identity?: undefined; readonly refusal: TokenRefusal };

/** Decides from a token who a client is. Synchronous, so that no handshake is ever pending. */
export interface Authenticator {
  /** Never throws for what a token holds. */
  authenticate(token: string): Authentication;
  /** The identity of a client that brings no token, or undefined where a token is required. */
  guest(): Identity | undefined;
  /** Tokens are checked with these keys from now on; sessions that began with others go on. */
  useKeys(keys: TokenKeys): void;
}
