import { isAssignableUserName } from '@outcry/protocol';

import { type Authentication, type Authenticator, TokenRefusal } from './authenticator.ts';
import { guestIdentity } from './guest-identity.ts';
import { type Identity, identityOf } from './identity.ts';

/** Takes the token for the user's name, on trust: for development, and for networks where every client is trusted. */
export class OpenAuthenticator implements Authenticator {
  authenticate(token: string): Authentication {
    if (!isAssignableUserName(token)) return { refusal: TokenRefusal.Malformed };
    return { identity: identityOf(token, { isGuest: false }) };
  }

  guest(): Identity {
    return guestIdentity();
  }
}
