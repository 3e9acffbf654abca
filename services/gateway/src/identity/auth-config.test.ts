import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import { loadGatewayConfig } from '../config/config.ts';
import { clockToleranceOf } from './auth-config.ts';

const SECRET = 's'.repeat(32);

const folder = mkdtempSync(join(tmpdir(), 'outcry-'));
const KEYS_FILE = join(folder, 'keys.json');
const KEY = { kid: 'ours', kty: 'oct', alg: 'HS256', k: Buffer.from(SECRET).toString('base64url') };
writeFileSync(KEYS_FILE, JSON.stringify({ keys: [KEY] }));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const load = (environment: Readonly<Record<string, string>>): ReturnType<typeof loadGatewayConfig>['config']['auth'] =>
  loadGatewayConfig(environment).config.auth;

describe('who may come in', () => {
  it('is anybody, where there are no keys', () => {
    const auth = load({});
    expect(auth).toMatchObject({
      tokens: undefined,
      accounts: undefined,
      sources: { cookie: undefined, hasQuery: false },
    });
    expect(clockToleranceOf(auth)).toBe(0);
  });

  it('is set for tokens as it is for the tokens of accounts', () => {
    const auth = load({
      OUTCRY_AUTH_SECRET: SECRET,
      OUTCRY_AUTH_ISSUER: 'us',
      OUTCRY_AUTH_AUDIENCE: 'them',
      OUTCRY_AUTH_USER_CLAIM: 'email',
      OUTCRY_AUTH_ROOMS_CLAIM: 'https://us/rooms',
      OUTCRY_AUTH_SCOPE_CLAIM: 'realm_access.roles',
      OUTCRY_AUTH_CLOCK_TOLERANCE_MS: '2000',
      OUTCRY_AUTH_MAX_LIFETIME_MS: '600000',
      OUTCRY_AUTH_GUESTS: 'true',
      OUTCRY_AUTH_COOKIE: 'session',
      OUTCRY_AUTH_QUERY: 'true',
      OUTCRY_ACCOUNTS: 'true',
      OUTCRY_ACCOUNTS_TOKEN_MS: '600000',
      OUTCRY_MAX_LOGINS_PER_MINUTE: '7',
    });
    const claimNames = { user: 'email', rooms: 'https://us/rooms', scopes: 'realm_access.roles', info: [] };
    const policy = { issuer: 'us', audience: 'them', clockToleranceMs: 2000, maxLifetimeMs: 600_000, claimNames };
    expect(auth).toEqual({
      tokens: {
        keys: [{ id: undefined, algorithm: 'HS256', material: Buffer.from(SECRET) }],
        policy,
        hasGuests: true,
        keysFile: undefined,
        provider: undefined,
      },
      accounts: { secret: Buffer.from(SECRET), lifetimeMs: 600_000, policy, maxPerAddressPerMinute: 7 },
      sources: { cookie: 'session', hasQuery: true },
      maxLifetimeMs: 604_000,
    });
    expect(clockToleranceOf(auth)).toBe(2000);
  });

  it.each([
    [{ OUTCRY_AUTH_JWKS_URL: 'https://keys.example/jwks' }, { jwksUrl: 'https://keys.example/jwks' }],
    [{ OUTCRY_AUTH_ISSUER: 'https://login.example/' }, { issuer: 'https://login.example/' }],
    [
      { OUTCRY_AUTH_JWKS_URL: 'http://127.0.0.1:9000/jwks', OUTCRY_AUTH_ISSUER: 'anybody' },
      { jwksUrl: 'http://127.0.0.1:9000/jwks' },
    ],
    [{ OUTCRY_AUTH_ISSUER: 'anybody', OUTCRY_AUTH_SECRET: SECRET }, undefined],
    [{ OUTCRY_AUTH_ISSUER: 'anybody', OUTCRY_AUTH_KEYS_FILE: KEYS_FILE }, undefined],
  ])('is known to a provider: %o', (environment, provider) => {
    expect(load(environment).tokens?.provider).toEqual(provider);
  });

  it.each([
    [{ OUTCRY_AUTH_JWKS_URL: 'http://keys.example/jwks' }, 'OUTCRY_AUTH_JWKS_URL: expected an https URL'],
    [{ OUTCRY_AUTH_JWKS_URL: 'keys.example/jwks' }, 'OUTCRY_AUTH_JWKS_URL: expected a URL'],
    [{ OUTCRY_AUTH_ISSUER: 'anybody' }, 'OUTCRY_AUTH_ISSUER: without a key, expected an https URL'],
  ])('is not known from where anybody could write: %o', (environment, problem) => {
    expect(() => load(environment)).toThrow(problem);
  });

  it('has no accounts without the secret that signs for them, nor tokens that live longer than any may', () => {
    expect(load({ OUTCRY_AUTH_SECRET: SECRET }).accounts).toBeUndefined();
    expect(() => load({ OUTCRY_ACCOUNTS: 'true' })).toThrow('OUTCRY_AUTH_SECRET: required');
    const lifetimes = { OUTCRY_ACCOUNTS_TOKEN_MS: '60001', OUTCRY_AUTH_MAX_LIFETIME_MS: '60000' };
    expect(() => load(lifetimes)).toThrow('OUTCRY_ACCOUNTS_TOKEN_MS: must be at most');
  });
});
