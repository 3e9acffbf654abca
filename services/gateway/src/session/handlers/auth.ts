import { type ClientFrameOf, RequestError } from '@outcry/protocol';

import { type Authenticator, TokenRefusal } from '../../identity/authenticator.ts';
import type { Identity } from '../../identity/identity.ts';
import type { Memberships } from '../../memberships/memberships.ts';
import type { GatewayMetrics } from '../../observability/metrics.ts';
import { acknowledgeIdentity, type Answerable } from '../answers.ts';
import { forbidden } from '../room-rights.ts';

interface Client extends Answerable {
  readonly identity: Identity;
  readonly memberships: Pick<Memberships, 'ordinaryCount'>;
  takeIdentity(identity: Identity): Promise<void>;
}

interface Services {
  readonly authenticator: Authenticator;
  readonly metrics: Pick<GatewayMetrics, 'tokenRefusals'>;
}

/** Refreshes a session's identity, or gives a guest one. */
export async function handleAuth(client: Client, frame: ClientFrameOf<'auth'>, services: Services): Promise<void> {
  const identity = identifyAgain(frame, services);
  await goOnAs(client, identity, frame);
}

/**
 * Who the newer token says that the client is.
 *
 * @throws RequestError where the token is refused
 */
export function identifyAgain({ token }: ClientFrameOf<'auth'>, { authenticator, metrics }: Services): Identity {
  const { identity, refusal } = authenticator.authenticate(token);
  if (identity !== undefined) return identity;
  metrics.tokenRefusals.labels(refusal).inc();
  if (refusal === TokenRefusal.KeyToCome)
    throw new RequestError('unavailable', 'the key of the token is not known yet');
  throw new RequestError('unauthenticated', 'the token is refused');
}

/** @throws RequestError `forbidden` where it is another user's, and the client may not become that one */
export async function goOnAs(client: Client, identity: Identity, { id }: ClientFrameOf<'auth'>): Promise<void> {
  const { user, isGuest } = client.identity;
  if (identity.user !== user) {
    if (!isGuest) throw forbidden(`the session is ${user}'s`);
    if (client.memberships.ordinaryCount > 0) throw forbidden('a guest takes a name before it joins a room');
  }
  await client.takeIdentity(identity);
  acknowledgeIdentity(client, id, client.identity);
}
