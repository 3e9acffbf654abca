import { randomBytes } from 'node:crypto';

import { isAssignableUserName } from '@outcry/protocol';

import type { Authenticator, Identity } from './authenticator.ts';

/** Takes the token for the user's name, on trust: for development, and for networks where every client is trusted. */
export class OpenAuthenticator implements Authenticator {
  authenticate(token: string): Identity | undefined {
    return isAssignableUserName(token) ? { user: token, expiresAt: undefined } : undefined;
  }

  guest(): Identity {
    return { user: `guest-${randomBytes(4).toString('hex')}`, expiresAt: undefined };
  }
}
