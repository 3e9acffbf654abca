import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { loadKeySet, type LoadedKeySet, type ProviderSource } from './load-key-set.ts';

const RSA = generateKeyPairSync('rsa', { modulusLength: 2048 });
const OTHER_RSA = generateKeyPairSync('rsa', { modulusLength: 2048 });
const EC = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const { n, e } = RSA.publicKey.export({ format: 'jwk' });
const { n: otherN } = OTHER_RSA.publicKey.export({ format: 'jwk' });
const { x, y } = EC.publicKey.export({ format: 'jwk' });
const CERTIFICATE = 'MIIDDTCCAfWgAwIBAgIJ';

/** As the providers themselves answer, with keys of this test: what each one has is in the first column of its own documentation. */
const SETS = {
  Auth0: [
    { kty: 'RSA', use: 'sig', n, e, kid: 'VIUVJpOR8y63D9N9TfGu8', x5t: 'mGoEq', x5c: [CERTIFICATE], alg: 'RS256' },
    {
      kty: 'RSA',
      use: 'sig',
      n: otherN,
      e,
      kid: 'FLrs4p3Ejq58jGELx2hMR',
      x5t: 'x8X',
      x5c: [CERTIFICATE],
      alg: 'RS256',
    },
  ],
  Keycloak: [
    {
      kid: 'FJ86GcF3jTbNLOco4NvZkUCIUmfYCqoqtOQeMfbhNlE',
      kty: 'RSA',
      alg: 'RSA-OAEP',
      use: 'enc',
      n,
      e,
      x5c: [CERTIFICATE],
    },
    {
      kid: 'kj3mfIbRLqrSFTMNAqAG1zIZuDNgZWz4gPZkcDsqDBI',
      kty: 'RSA',
      alg: 'RS256',
      use: 'sig',
      n,
      e,
      'x5t#S256': 'Ee',
    },
  ],
  Entra: [
    {
      kty: 'RSA',
      use: 'sig',
      kid: 'Yz+/0=',
      x5t: 'Yz+/0=',
      n,
      e,
      x5c: [CERTIFICATE],
      cloud_instance_name: 'a',
      issuer: 'b',
    },
  ],
  Cognito: [
    { alg: 'RS256', e, kid: 'K/hgBJnGNbGqBjk3nXWyCdjPKXIrLGP3VZ5RQ6XtFJU=', kty: 'RSA', n, use: 'sig' },
    { alg: 'RS256', e, kid: 'q5aKZFzQJ0d4gQ=', kty: 'RSA', n: otherN, use: 'sig' },
  ],
  Clerk: [{ use: 'sig', kty: 'RSA', kid: 'ins_2cbFdfKTxYz5aKzYqZ', alg: 'RS256', n, e }],
  Supabase: [
    { alg: 'ES256', crv: 'P-256', ext: true, key_ops: ['verify'], kid: 'b81269f1-21d8', kty: 'EC', use: 'sig', x, y },
  ],
} as const;

describe('loadKeySet', () => {
  let server: Server;
  let url: string;
  /** What is at which path. */
  let documents: Record<string, unknown>;
  beforeEach(async () => {
    documents = {};
    server = createServer(({ url: path = '' }, response) => {
      const found = documents[path];
      response.writeHead(found === undefined ? 404 : 200, { 'cache-control': 'max-age=3600' });
      response.end(JSON.stringify(found));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    await server[Symbol.asyncDispose]();
  });

  function load(source: ProviderSource): Promise<LoadedKeySet> {
    return loadKeySet(source, new AbortController().signal);
  }

  it.each(Object.entries(SETS))('takes what %s has', async (provider, keys) => {
    documents = { '/jwks': { keys } };
    const set = await load({ jwksUrl: `${url}/jwks` });
    const skipped = provider === 'Keycloak' ? [expect.objectContaining({ key: keys[0].kid })] : [];
    expect(set.skipped).toEqual(skipped);
    expect(set.keys.map(({ id }) => id)).toEqual(keys.slice(skipped.length).map(({ kid }) => kid));
    expect(set.freshForMs).toBeGreaterThan(3_000_000);
  });

  it('finds keys where the description of the issuer says', async () => {
    const issuer = `${url}/realms/ours/`;
    documents = {
      '/realms/ours/.well-known/openid-configuration': { issuer, jwks_uri: `${url}/keys`, scopes_supported: [] },
      '/keys': { keys: SETS.Clerk },
    };
    expect((await load({ issuer })).keys).toHaveLength(1);
  });

  it.each([
    [
      'another issuer’s',
      (at: string) => ({ issuer: 'https://other.example', jwks_uri: `${at}/keys` }),
      'of the issuer "https',
    ],
    ['without keys', (at: string) => ({ issuer: at }), 'has no issuer or no jwks_uri'],
    [
      'with keys on an open line',
      (at: string) => ({ issuer: at, jwks_uri: 'http://keys.example/' }),
      'where nobody may fetch',
    ],
    ['that is no object', () => 'text', 'has no issuer or no jwks_uri'],
  ])('refuses a description that is %s', async (_, description, problem) => {
    documents = { '/.well-known/openid-configuration': description(url), '/keys': { keys: SETS.Clerk } };
    await expect(load({ issuer: url })).rejects.toThrow(problem);
  });

  it('takes no secret, no private key and no weak one, which everybody could sign with', async () => {
    const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' });
    const others = [
      { kty: 'oct', kid: 'secret', alg: 'HS256', k: 'Q0FOQVJZ'.repeat(8) },
      { ...OTHER_RSA.privateKey.export({ format: 'jwk' }), kid: 'private' },
      { ...weak, kid: 'weak' },
    ];
    documents = { '/jwks': { keys: [...others, ...SETS.Clerk] } };
    const set = await load({ jwksUrl: `${url}/jwks` });
    expect(set.keys.map(({ id }) => id)).toEqual([SETS.Clerk[0].kid]);
    expect(set.skipped.map(({ key }) => key)).toEqual(['secret', 'private', 'weak']);
    documents = { '/jwks': { keys: others } };
    await expect(load({ jwksUrl: `${url}/jwks` })).rejects.toThrow('no key can be used: secret');
  });

  it.each([[[]], [{}], [{ keys: [] }], [{ keys: 'all' }], [null]])('refuses %o as a set', async (set) => {
    documents = { '/jwks': set };
    await expect(load({ jwksUrl: `${url}/jwks` })).rejects.toThrow('/jwks is no key set');
  });
});
