import { generateKeyPairSync, type KeyPairKeyObjectResult } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { makeToken } from '@outcry/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { TokenVerifier } from './token-verifier.ts';
import { loadGatewayConfig } from '../../config/config.ts';

const CANARY = 'Q0FOQVJZ'.repeat(8);
const RSA = generateKeyPairSync('rsa', { modulusLength: 2048 });
const EC = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const EDWARDS = generateKeyPairSync('ed25519');

function jwk(pair: KeyPairKeyObjectResult, alg: string, kid: string): Record<string, unknown> {
  return { ...pair.publicKey.export({ format: 'jwk' }), alg, kid };
}

const SYMMETRIC = { kty: 'oct', alg: 'HS256', kid: 'shared', k: CANARY };
const KEY_SET = [SYMMETRIC, jwk(RSA, 'RS256', '2026-01'), jwk(EC, 'ES256', '2026-02'), jwk(EDWARDS, 'EdDSA', 'ed')];

describe('the file of keys', () => {
  let directory: string;
  let path: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'outcry-'));
    path = join(directory, 'keys.json');
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  function load(keys: unknown): ReturnType<typeof loadGatewayConfig>['config']['auth'] {
    writeFileSync(path, typeof keys === 'string' ? keys : JSON.stringify({ keys }));
    return loadGatewayConfig({ OUTCRY_AUTH_KEYS_FILE: path }).config.auth;
  }

  function problemsOf(keys: unknown): string {
    try {
      load(keys);
    } catch (err) {
      return String(err);
    }
    return 'none';
  }

  it('gives keys of all four algorithms, that tokens name', () => {
    const { tokens } = load(KEY_SET);
    const verifier = new TokenVerifier(tokens?.keys ?? [], {
      issuer: undefined,
      audience: undefined,
      clockToleranceMs: 0,
      maxLifetimeMs: 3_600_000,
    });
    const signed = [
      makeToken(Buffer.from(CANARY, 'base64url'), { header: { kid: 'shared' } }),
      makeToken(RSA.privateKey, { header: { alg: 'RS256', kid: '2026-01' } }),
      makeToken(EC.privateKey, { header: { alg: 'ES256', kid: '2026-02' } }),
      makeToken(EDWARDS.privateKey, { header: { alg: 'EdDSA', kid: 'ed' } }),
    ];
    expect(signed.map((token) => verifier.verify(token).claims?.sub)).toEqual(['ann', 'ann', 'ann', 'ann']);
  });

  it('stands beside the secret of tokens that name no key', () => {
    writeFileSync(path, JSON.stringify({ keys: [SYMMETRIC] }));
    const settings = { OUTCRY_AUTH_KEYS_FILE: path, OUTCRY_AUTH_SECRET: 's'.repeat(32) };
    const { tokens } = loadGatewayConfig(settings).config.auth;
    expect(tokens?.keys.map(({ id, algorithm }) => [id, algorithm])).toEqual([
      [undefined, 'HS256'],
      ['shared', 'HS256'],
    ]);
  });

  it.each([
    ['a secret that is short', { ...SYMMETRIC, k: 'c2hvcnQ' }, 'expected at least 32 bytes'],
    ['an RSA key that is short', jwk(generateKeyPairSync('rsa', { modulusLength: 1024 }), 'RS256', 'r'), '2048 bits'],
    ['an alg that is not the kty’s', { ...SYMMETRIC, alg: 'RS256' }, 'keys.0.alg'],
    ['an alg that is none', { ...SYMMETRIC, alg: 'none' }, 'keys.0.alg'],
    ['a key without kid', { ...SYMMETRIC, kid: undefined }, 'keys.0.kid'],
    ['a kid of several lines', { ...SYMMETRIC, kid: 'a\nb' }, 'keys.0.kid'],
    ['a key whose members are missing', { kty: 'RSA', kid: 'r' }, 'keys.0.n'],
    ['an unknown kty', { ...SYMMETRIC, kty: 'DSA' }, 'keys.0.kty'],
    ['a private key', { ...EC.privateKey.export({ format: 'jwk' }), alg: 'ES256', kid: 'e' }, 'keys.0.d: is a private'],
    ['a point that is on no curve', { ...jwk(EC, 'ES256', 'e'), x: CANARY }, 'is no key of its kty'],
    ['a key of another use', { ...SYMMETRIC, use: 'enc' }, 'keys.0.use'],
    ['a key for other operations', { ...SYMMETRIC, key_ops: ['encrypt'] }, 'keys.0.key_ops'],
    ['what is no key at all', 'text', 'keys.0'],
  ])('refuses a file with %s alone, and does not show it', (_, key, problem) => {
    const problems = problemsOf([key]);
    expect(problems).toContain(problem);
    expect(problems).not.toContain(CANARY);
  });

  it.each([
    ['for encryption, as Keycloak adds one', { ...jwk(RSA, 'RSA-OAEP', 'enc'), use: 'enc' }],
    ['of another algorithm', { ...jwk(generateKeyPairSync('ec', { namedCurve: 'P-384' }), 'ES384', 'es384') }],
    ['of an unknown kind', { kty: 'AKP', alg: 'ML-DSA-65', kid: 'pq', pub: 'AQAB' }],
    ['without a name', { ...SYMMETRIC, kid: undefined }],
    ['that is broken', { ...jwk(EC, 'ES256', 'bent'), x: CANARY }],
    ['that is nothing', null],
  ])('leaves out a key %s, says so, and takes the others', (_, other) => {
    const { tokens } = load([other, SYMMETRIC]);
    expect(tokens?.keys.map(({ id }) => id)).toEqual(['shared']);
    expect(tokens?.keysFile?.skipped).toHaveLength(1);
    expect(JSON.stringify(tokens?.keysFile?.skipped)).not.toContain(CANARY);
  });

  it('names what it leaves out by its kid, and by its place where it has none', () => {
    const { tokens } = load([SYMMETRIC, { kty: 'AKP', kid: 'pq' }, { kty: 'AKP' }, { kty: 'AKP', kid: 'a b' }, null]);
    expect(tokens?.keysFile?.skipped.map(({ key }) => key)).toEqual(['pq', 'keys.2', 'keys.3', 'keys.4']);
  });

  it('takes a secret of 32 bytes, and refuses one of 31', () => {
    const secretOf = (bytes: number) => ({ ...SYMMETRIC, k: Buffer.alloc(bytes, 's').toString('base64url') });
    expect(load([secretOf(32)]).tokens?.keys).toHaveLength(1);
    expect(problemsOf([secretOf(31)])).toContain('keys.0: expected at least 32 bytes');
  });

  it('refuses a file with one private or weak key among good ones', () => {
    const weak = { ...SYMMETRIC, kid: 'weak', k: 'c2hvcnQ' };
    const secret = { ...RSA.privateKey.export({ format: 'jwk' }), kid: 'private' };
    expect(problemsOf([SYMMETRIC, weak])).toContain('keys.1: expected at least 32 bytes');
    expect(problemsOf([SYMMETRIC, secret])).toContain('keys.1.d: is a private key');
  });

  it.each([
    ['RSA', RSA, 'RS256'],
    ['EC', EC, 'ES256'],
    ['OKP', EDWARDS, 'EdDSA'],
  ])('needs no alg of a key of kty %s, as Entra has none', (_, pair, algorithm) => {
    const { tokens } = load([{ ...pair.publicKey.export({ format: 'jwk' }), kid: 'Yz+/0=', use: 'sig' }]);
    expect(tokens?.keys).toMatchObject([{ id: 'Yz+/0=', algorithm }]);
  });

  it('refuses two keys of one kid, and a file without keys', () => {
    expect(problemsOf([SYMMETRIC, SYMMETRIC])).toContain('two keys have the same kid');
    expect(problemsOf([])).toContain('at least one key');
  });

  it('says that a file is no JSON without quoting it', () => {
    expect(problemsOf(`{"keys":[{"k":${CANARY}`)).toMatch(/keys\.json is not JSON$/);
  });

  it('says which file cannot be read', () => {
    expect(() => loadGatewayConfig({ OUTCRY_AUTH_KEYS_FILE: '/nowhere/keys.json' })).toThrow(
      'OUTCRY_AUTH_KEYS_FILE: /nowhere/keys.json cannot be read',
    );
  });

  it('refuses a secret that is short', () => {
    expect(() => loadGatewayConfig({ OUTCRY_AUTH_SECRET: 'short' })).toThrow('OUTCRY_AUTH_SECRET: expected 32');
  });
});
