import { isAssignableUserName } from '@outcry/protocol';

import { type Authentication, type Authenticator, TokenRefusal } from './authenticator.ts';
import { guestIdentity } from './guest-identity.ts';
import { type Identity, identityOf } from './identity.ts';

/**
 * Takes the token for the user's name, on trust: for development, and for networks where every client is trusted. Where there are
 * accounts their tokens are taken, too: the first letters of one (`eyJ`) are those of no name.
 */
export class OpenAuthenticator implements Authenticator {
  readonly #accounts: Authenticator | undefined;

  constructor(accounts?: Authenticator) {
    this.#accounts = accounts;
  }

  authenticate(token: string): Authentication {
    if (!isAssignableUserName(token)) {
      return this.#accounts?.authenticate(token) ?? { refusal: TokenRefusal.Malformed };
    }
    return { identity: identityOf(token, { isGuest: false }) };
  }

  /** There are none: who has keys is not open. */
  useKeys(): void {
    throw new TypeError('an open gateway has no keys');
  }

  guest(): Identity {
    return guestIdentity();
  }
}
