import { CLOSE_CODES, type CloseCode } from '@outcry/protocol';

import { TokenRefusal } from './authenticator.ts';

/**
 * How a connection ends whose first token is refused. Only what its holder may know anyway is told apart: that the token was
 * good once, and that nobody can tell yet.
 */
export function closeCodeFor(refusal: TokenRefusal): CloseCode {
  switch (refusal) {
    case TokenRefusal.Expired:
      return CLOSE_CODES.tokenExpired;
    case TokenRefusal.Revoked:
      return CLOSE_CODES.revoked;
    case TokenRefusal.KeyToCome:
      return CLOSE_CODES.keyPending;
    default:
      return CLOSE_CODES.unauthenticated;
  }
}
