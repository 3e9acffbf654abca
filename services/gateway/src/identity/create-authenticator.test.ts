import { makeToken } from '@outcry/testkit';
import { expect, it, vi } from 'vitest';

import { loadGatewayConfig } from '../config/config.ts';
import { createAuthenticator } from './create-authenticator.ts';
import { RevokedTokens } from './revoked-tokens.ts';

const SECRET = 'a-secret-of-at-least-thirty-two-characters';

it('says where a token has more for others than they are shown, and takes it where nobody wants to know', () => {
  const { auth } = loadGatewayConfig({ OUTCRY_AUTH_SECRET: SECRET, OUTCRY_AUTH_INFO_CLAIMS: 'name,picture' }).config;
  const parts = { revokedTokens: new RevokedTokens(), accountNames: new Set<string>() };
  const onInfoLeftOut = vi.fn();
  const token = makeToken(SECRET, { claims: { name: 'Ann', picture: 'x'.repeat(2000) } });
  for (const authenticator of [
    createAuthenticator(auth, { ...parts, onInfoLeftOut }),
    createAuthenticator(auth, parts),
  ]) {
    expect(authenticator.authenticate(token).identity?.user).toBe('ann');
  }
  expect(onInfoLeftOut).toHaveBeenCalledExactlyOnceWith(1);
});
