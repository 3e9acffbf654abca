import { randomBytes } from 'node:crypto';

import { type Identity, identityOf } from './identity.ts';

/** A guest under a name that nobody else has. */
export function guestIdentity(): Identity {
  return identityOf(`guest-${randomBytes(4).toString('hex')}`, { isGuest: true });
}
