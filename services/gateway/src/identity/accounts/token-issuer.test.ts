import { afterEach, expect, it, vi } from 'vitest';

import { RevokedTokens } from '../revoked-tokens.ts';
import { TokenAuthenticator } from '../tokens/token-authenticator.ts';
import { TokenVerifier } from '../tokens/token-verifier.ts';
import { TokenIssuer } from './token-issuer.ts';

const SECRET = Buffer.from('a-secret-of-at-least-thirty-two-characters');

afterEach(() => {
  vi.useRealTimers();
});

const claimsOf = (token: string): Readonly<Record<string, unknown>> =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Readonly<Record<string, unknown>>;

it('says who somebody is, from when until when, and for whom where that is asked for', () => {
  const before = Date.now();
  const policy = { issuer: 'us', audience: 'them' };
  const { user, token, expiresAt } = new TokenIssuer({ secret: SECRET, lifetimeMs: 60_000, policy }).issue('ann');
  const claims = claimsOf(token);
  expect(user).toBe('ann');
  expect(claims).toEqual({
    sub: 'ann',
    iss: 'us',
    aud: 'them',
    jti: expect.stringMatching(/^[\w-]{36}$/) as string,
    iat: expect.any(Number) as number,
    exp: expiresAt / 1000,
  });
  // Whole seconds, of which it never lasts longer than it may; it is issued to the millisecond.
  expect(expiresAt % 1000).toBe(0);
  expect(expiresAt).toBeGreaterThan(before + 59_000);
  expect(expiresAt).toBeLessThanOrEqual(Date.now() + 60_000);
  const issuedAt = Number(claims['iat']) * 1000;
  expect(issuedAt).toBeGreaterThanOrEqual(before - 1);
  expect(issuedAt).toBeLessThanOrEqual(Date.now() + 1);
});

it('names nobody where nobody is asked for', () => {
  const policy = { issuer: undefined, audience: undefined };
  const { token } = new TokenIssuer({ secret: SECRET, lifetimeMs: 60_000, policy }).issue('ann');
  expect(Object.keys(claimsOf(token)).sort()).toEqual(['exp', 'iat', 'jti', 'sub']);
});

it('lets in who logs in right behind a revocation of all that was issued before', () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const policy = { issuer: undefined, audience: undefined, clockToleranceMs: 0, maxLifetimeMs: 60_000 };
  const issuer = new TokenIssuer({ secret: SECRET, lifetimeMs: 60_000, policy });
  const verifier = new TokenVerifier([{ id: undefined, algorithm: 'HS256', material: SECRET }], policy);
  const revoked = new RevokedTokens();
  const authenticator = new TokenAuthenticator(verifier, revoked, { hasGuests: false });
  for (let ms = 0; ms < 1000; ms += 1) {
    const old = issuer.issue('ann').token;
    revoked.add({ kind: 'user', id: 'ann', issuedUntil: Date.now(), expiresAt: Date.now() + 60_000 });
    vi.advanceTimersByTime(1);
    const { token } = issuer.issue('ann');
    expect(authenticator.authenticate(old).refusal).toBe('revoked');
    expect(authenticator.authenticate(token).identity?.user).toBe('ann');
  }
});

it('says who somebody is where the gateway looks for it', () => {
  const claimNames = { user: 'ids.name', rooms: 'rooms', scopes: 'scope' };
  const policy = { issuer: undefined, audience: undefined, clockToleranceMs: 0, maxLifetimeMs: 60_000, claimNames };
  const { token } = new TokenIssuer({ secret: SECRET, lifetimeMs: 60_000, policy }).issue('ann');
  const verifier = new TokenVerifier([{ id: undefined, algorithm: 'HS256', material: SECRET }], policy);
  expect(verifier.verify(token).claims?.sub).toBe('ann');
});
