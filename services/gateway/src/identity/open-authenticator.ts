import { isAssignableUserName } from '@outcry/protocol';

import { type Authentication, type Authenticator, TokenRefusal } from './authenticator.ts';
import { guestIdentity } from './guest-identity.ts';
import { type Identity, identityOf } from './identity.ts';

/** What a JSON Web Token looks like (RFC 7515 §3.1: `eyJ` begins a JSON object in base64). It is nobody's name, however short it is. */
const TOKEN = /^eyJ[\w-]*\.[\w-]*\.[\w-]*$/;

/** Where people register beside those who are taken on trust. */
export interface OpenAccounts {
  /** Checks their tokens. */
  readonly authenticator: Authenticator;
  /** The names that are theirs: nobody else is taken for them on trust. */
  readonly names: ReadonlySet<string>;
}

/**
 * Takes the token for the user's name, on trust: for development, and for networks where every client is trusted. Where there are
 * accounts their tokens are taken, too, and their names by nothing else: nor what looks like one of them but for its case or
 * its width.
 */
export class OpenAuthenticator implements Authenticator {
  readonly #accounts: OpenAccounts | undefined;

  constructor(accounts?: OpenAccounts) {
    this.#accounts = accounts;
  }

  authenticate(token: string): Authentication {
    if (TOKEN.test(token) || !isAssignableUserName(token)) {
      return this.#accounts?.authenticator.authenticate(token) ?? { refusal: TokenRefusal.Malformed };
    }
    if (this.#accounts?.names.has(token.normalize('NFKC').toLowerCase()) === true)
      return { refusal: TokenRefusal.NameTaken };
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
