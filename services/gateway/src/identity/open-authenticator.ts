import { isAssignableUserName } from '@outcry/protocol';

import { type Authentication, type Authenticator, TokenRefusal } from './authenticator.ts';
import { guestIdentity } from './guest-identity.ts';
import { type Identity, identityOf } from './identity.ts';

/** Where people register beside those who are taken on trust. */
export interface OpenAccounts {
  /** Checks their tokens. */
  readonly authenticator: Authenticator;
  /** The names that are theirs: nobody else is taken for them on trust. */
  readonly names: ReadonlySet<string>;
}

/**
 * Takes the token for the user's name, on trust: for development, and for networks where every client is trusted. Where there are
 * accounts their tokens are taken, too (the first letters of one, `eyJ`, are those of no name), and their names by nothing else.
 */
export class OpenAuthenticator implements Authenticator {
  readonly #accounts: OpenAccounts | undefined;

  constructor(accounts?: OpenAccounts) {
    this.#accounts = accounts;
  }

  authenticate(token: string): Authentication {
    if (!isAssignableUserName(token)) {
      return this.#accounts?.authenticator.authenticate(token) ?? { refusal: TokenRefusal.Malformed };
    }
    if (this.#accounts?.names.has(token) === true) return { refusal: TokenRefusal.NameTaken };
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
