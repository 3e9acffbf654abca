import { type ClientFrameOf, RequestError } from '@outcry/protocol';

import { forbidden } from '../room-rights.ts';
import type { Session } from '../session.ts';

/** Refreshes a session's identity, or gives a guest one. */
export async function handleAuth(session: Session, { id, token }: ClientFrameOf<'auth'>): Promise<void> {
  const identity = session.services.authenticator.authenticate(token);
  if (identity === undefined) throw new RequestError('unauthenticated', 'the token is refused');
  if (identity.user !== session.user) {
    if (!session.isGuest) throw forbidden(`the session is ${session.user}'s`);
    if (session.memberships.ordinaryCount > 0) throw forbidden('a guest takes a name before it joins a room');
  }
  await session.takeIdentity(identity);
  const { user, expiresAt } = identity;
  session.acknowledge(id, expiresAt === undefined ? { user } : { user, expiresAt });
}
