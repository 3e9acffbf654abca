import { decodePayload } from '@outcry/protocol';
import { makeToken } from '@outcry/testkit';
import { expect, it, vi } from 'vitest';

import { TokenRefusal } from '../authenticator.ts';
import { RevokedTokens } from '../revoked-tokens.ts';
import { TokenAuthenticator } from './token-authenticator.ts';
import { TokenVerifier } from './token-verifier.ts';

const SECRET = Buffer.from('a-secret-of-at-least-thirty-two-characters');
const POLICY = { issuer: undefined, audience: undefined, clockToleranceMs: 0, maxLifetimeMs: 3_600_000 };
const NOW = Math.floor(Date.now() / 1000) - 1;

function create(revoked = new RevokedTokens(), hasGuests = false): TokenAuthenticator {
  const verifier = new TokenVerifier([{ id: undefined, algorithm: 'HS256', material: SECRET }], POLICY);
  return new TokenAuthenticator(verifier, revoked, { hasGuests });
}

it('takes from a token who somebody is, for how long and with which rights, in whole milliseconds', () => {
  const claims = { jti: 'id-1', iat: NOW - 0.5, exp: NOW + 60.0625, rooms: { 'team.*': ['read'] } };
  const { identity } = create().authenticate(makeToken(SECRET, { claims }));
  expect(identity).toMatchObject({
    user: 'ann',
    isGuest: false,
    tokenId: 'id-1',
    issuedAt: NOW * 1000 - 500,
    expiresAt: NOW * 1000 + 60_062,
  });
  expect([identity?.grants.has('read', 'team.eu'), identity?.grants.has('read', 'lobby')]).toEqual([true, false]);
});

it('knows nothing of when a token was issued that does not say it, nor of an id', () => {
  const { identity } = create().authenticate(makeToken(SECRET, { claims: { iat: undefined } }));
  expect(identity).toMatchObject({ user: 'ann', issuedAt: undefined, tokenId: undefined });
});

it('refuses what is revoked, and tells why it refuses anything else', () => {
  const revoked = new RevokedTokens();
  revoked.add({ kind: 'token', id: 'id-1', issuedUntil: 0, expiresAt: (NOW + 60) * 1000 });
  const authenticator = create(revoked);
  const refusalOf = (claims: object): TokenRefusal | undefined =>
    authenticator.authenticate(makeToken(SECRET, { claims: { ...claims } })).refusal;
  expect([refusalOf({ jti: 'id-1' }), refusalOf({ jti: 'id-2' }), refusalOf({ exp: NOW - 1 })]).toEqual([
    TokenRefusal.Revoked,
    undefined,
    TokenRefusal.Expired,
  ]);
});

it('lets guests in where there are any, and nobody without a token where there are none', () => {
  expect(create().guest()).toBeUndefined();
  expect(create(new RevokedTokens(), true).guest()).toMatchObject({ isGuest: true });
});

it('takes what others are shown out of the claims that are named, and says where some are left out', () => {
  const claimNames = {
    user: 'sub',
    rooms: 'rooms',
    scopes: 'scope',
    info: ['name', 'https://example.org/team.id', 'team.id'],
  };
  const verifier = new TokenVerifier([{ id: undefined, algorithm: 'HS256', material: SECRET }], {
    ...POLICY,
    claimNames,
  });
  const onInfoLeftOut = vi.fn();
  const authenticator = new TokenAuthenticator(verifier, new RevokedTokens(), { hasGuests: false, onInfoLeftOut });
  const infoOf = (claims: Readonly<Record<string, unknown>>): unknown => {
    const { info } = authenticator.authenticate(makeToken(SECRET, { claims })).identity ?? {};
    return info && decodePayload(info);
  };
  const own = { 'https://example.org/team.id': 7, email: 'ann@example.org' };
  expect(infoOf({ name: 'Ann', ...own, team: { id: 'red' } })).toEqual({
    name: 'Ann',
    'https://example.org/team.id': 7,
    'team.id': 'red',
  });
  expect(infoOf({ email: 'ann@example.org' })).toBeUndefined();
  expect(onInfoLeftOut).not.toHaveBeenCalled();
  expect(infoOf({ name: 'x'.repeat(1100), team: { id: 'red' } })).toEqual({ 'team.id': 'red' });
  expect(onInfoLeftOut).toHaveBeenCalledExactlyOnceWith(1);
});
