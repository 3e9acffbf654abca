import { makeToken } from '@outcry/testkit';
import { describe, expect, it } from 'vitest';

import { loadGatewayConfig } from '../config/config.ts';
import { TokenRefusal } from './authenticator.ts';
import { createAuthenticator } from './create-authenticator.ts';
import { RevokedTokens } from './revoked-tokens.ts';

const SECRET = Buffer.from('a-secret-of-at-least-thirty-two-characters');
const POLICY = { issuer: undefined, audience: undefined, clockToleranceMs: 0, maxLifetimeMs: 3_600_000 };

describe('a gateway without keys', () => {
  const { auth } = loadGatewayConfig({}).config;

  it('takes a name for who it says it is, and no token', () => {
    const open = createAuthenticator(auth, { revokedTokens: new RevokedTokens(), accountNames: new Set() });
    expect(open.authenticate('ann').identity?.user).toBe('ann');
    expect(open.authenticate(makeToken(SECRET)).refusal).toBe(TokenRefusal.Malformed);
  });

  it('takes the tokens of its accounts, those of nobody else, and nobody else for them', () => {
    const accounts = { secret: SECRET, lifetimeMs: 60_000, maxPerAddressPerMinute: 0, policy: POLICY };
    const accountNames = new Set<string>();
    const open = createAuthenticator({ ...auth, accounts }, { revokedTokens: new RevokedTokens(), accountNames });
    expect(open.authenticate(makeToken(SECRET, { sub: 'bob' })).identity?.user).toBe('bob');
    expect(open.authenticate(makeToken('another secret')).refusal).toBe(TokenRefusal.Signature);
    expect(open.authenticate('bob').identity?.user).toBe('bob');
    accountNames.add('bob');
    expect(open.authenticate('bob').refusal).toBe(TokenRefusal.NameTaken);
    expect(open.authenticate(makeToken(SECRET, { sub: 'bob' })).identity?.user).toBe('bob');
    expect(open.authenticate('ann').identity?.user).toBe('ann');
  });
});
