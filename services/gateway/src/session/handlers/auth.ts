import { type ClientFrameOf, CLOSE_CODES, type CloseCode, RequestError } from '@outcry/protocol';

import { TokenRefusal } from '../../identity/authenticator.ts';
import { forbidden } from '../room-rights.ts';
import type { Session } from '../session.ts';

/** Refreshes a session's identity, or gives a guest one. */
export async function handleAuth(session: Session, { id, token }: ClientFrameOf<'auth'>): Promise<void> {
  const { authenticator, metrics } = session.services;
  const { identity, refusal } = authenticator.authenticate(token);
  if (identity === undefined) {
    metrics.tokenRefusals.labels(refusal).inc();
    throw new RequestError('unauthenticated', 'the token is refused');
  }
  if (identity.user !== session.user) {
    if (!session.isGuest) throw forbidden(`the session is ${session.user}'s`);
    if (session.memberships.ordinaryCount > 0) throw forbidden('a guest takes a name before it joins a room');
  }
  await session.takeIdentity(identity);
  session.acknowledgeIdentity(id);
}

/**
 * How a connection ends whose first token is refused. Only what its holder may know anyway is told apart: that the token was
 * good once.
 */
export function closeCodeFor(refusal: TokenRefusal): CloseCode {
  if (refusal === TokenRefusal.Expired) return CLOSE_CODES.tokenExpired;
  return refusal === TokenRefusal.Revoked ? CLOSE_CODES.revoked : CLOSE_CODES.unauthenticated;
}
