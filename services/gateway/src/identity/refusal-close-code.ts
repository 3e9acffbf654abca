import { CLOSE_CODES, type CloseCode } from '@outcry/protocol';

import { TokenRefusal } from './authenticator.ts';

/**
 * How a connection ends whose first token is refused. Only what its holder may know anyway is told apart: that the token was
 * good once.
 */
export function closeCodeFor(refusal: TokenRefusal): CloseCode {
  if (refusal === TokenRefusal.Expired) return CLOSE_CODES.tokenExpired;
  return refusal === TokenRefusal.Revoked ? CLOSE_CODES.revoked : CLOSE_CODES.unauthenticated;
}
