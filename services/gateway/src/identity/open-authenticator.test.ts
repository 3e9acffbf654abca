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
    for (const name of ['Ann', 'auth0|5f7c8ec7c33c6c004bbafe82', 'ann@example.org', 'комната', 'a.b.c', 'eyJ.x']) {
      expect(open.authenticate(name).identity?.user).toBe(name);
    }
    for (const none of ['', 'a*', 'all', 'server', 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.', 'x'.repeat(129)]) {
      expect(open.authenticate(none).refusal).toBe(TokenRefusal.Malformed);
    }
  });

  it('lets guests in under names of their own, and has no keys to use', () => {
    const open = createAuthenticator(auth, { revokedTokens: new RevokedTokens(), accountNames: new Set() });
    const [one, other] = [open.guest(), open.guest()];
    expect(one).toMatchObject({ user: expect.stringMatching(/^guest-[0-9a-f]{8}$/) as string, isGuest: true });
    expect(one?.user).not.toBe(other?.user);
    expect(open.authenticate('ann').identity).toMatchObject({ isGuest: false, expiresAt: undefined });
    expect(() => {
      open.useKeys({ all: [] });
    }).toThrow('an open gateway has no keys');
  });

  it('takes the tokens of its accounts, those of nobody else, and nobody else for them', () => {
    const accounts = { secret: SECRET, lifetimeMs: 60_000, maxPerAddressPerMinute: 0, policy: POLICY };
    const accountNames = new Set<string>();
    const open = createAuthenticator({ ...auth, accounts }, { revokedTokens: new RevokedTokens(), accountNames });
    expect(open.authenticate(makeToken(SECRET, { sub: 'bob' })).identity?.user).toBe('bob');
    expect(open.authenticate(makeToken('another secret')).refusal).toBe(TokenRefusal.Signature);
    expect(open.authenticate('bob').identity?.user).toBe('bob');
    accountNames.add('bob');
    for (const name of ['bob', 'Bob', 'BOB', 'ｂｏｂ']) {
      expect(open.authenticate(name).refusal).toBe(TokenRefusal.NameTaken);
    }
    expect(open.authenticate(makeToken(SECRET, { sub: 'bob' })).identity?.user).toBe('bob');
    expect(open.authenticate('ann').identity?.user).toBe('ann');
  });
});
