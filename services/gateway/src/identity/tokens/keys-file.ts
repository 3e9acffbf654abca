import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { readFileSync } from 'node:fs';

import { ConfigError } from '@outcry/config';
import { z } from 'zod';

import { KeyAlgorithm, type VerificationKey } from './verification-key.ts';

const MIN_SECRET_BYTES = 32;
const MIN_RSA_BITS = 2048;
const MAX_KEYS = 32;

/** No `__proto__` and no path, URL or query: a name for a map, and nothing else. */
const kid = z.string().regex(/^[A-Za-z0-9._-]{1,64}$/, 'expected 1 to 64 of A-Z, a-z, 0-9 and ._-');
const base64url = z.string().regex(/^[A-Za-z0-9_-]+$/, 'expected base64url');
const common = { kid, use: z.literal('sig').optional(), key_ops: z.array(z.string()).optional() };
/** A gateway has no use for what could sign, so a file that holds it is a mistake. */
const noPrivateKey = { d: z.never('is a private key; the gateway takes public ones').optional() };

const symmetric = z.object({ ...common, kty: z.literal('oct'), alg: z.literal(KeyAlgorithm.Hs256), k: base64url });
const rsa = z.object({
  ...common,
  ...noPrivateKey,
  kty: z.literal('RSA'),
  alg: z.literal(KeyAlgorithm.Rs256),
  n: base64url,
  e: base64url,
});
const ellipticCurve = z.object({
  ...common,
  ...noPrivateKey,
  kty: z.literal('EC'),
  alg: z.literal(KeyAlgorithm.Es256),
  crv: z.literal('P-256'),
  x: base64url,
  y: base64url,
});
const edwards = z.object({
  ...common,
  ...noPrivateKey,
  kty: z.literal('OKP'),
  alg: z.literal(KeyAlgorithm.EdDsa),
  crv: z.literal('Ed25519'),
  x: base64url,
});

const jsonWebKey = z.discriminatedUnion('kty', [symmetric, rsa, ellipticCurve, edwards]);
type Jwk = z.output<typeof jsonWebKey>;

const entry = jsonWebKey.transform((jwk, context): VerificationKey => {
  const { kid: id, alg: algorithm } = jwk;
  try {
    return { id, algorithm, material: materialOf(jwk) };
  } catch (err) {
    // Only our own errors are told: those of the crypto library may quote the key.
    context.addIssue({ code: 'custom', message: err instanceof WeakKeyError ? err.message : 'is no key of its kty' });
    return z.NEVER;
  }
});

const file = z.object({
  keys: z
    .array(entry)
    .min(1, 'expected at least one key')
    .max(MAX_KEYS)
    .refine((keys) => new Set(keys.map(({ id }) => id)).size === keys.length, 'two keys have the same kid'),
});

/**
 * Reads a JSON Web Key Set (RFC 7517). Each key has a `kid` and an `alg`, which pins it.
 *
 * @throws ConfigError with every problem of the file at once; key material is in none of them
 */
export function readKeysFile(path: string): readonly VerificationKey[] {
  const result = file.safeParse(parse(path));
  if (result.success) return result.data.keys;
  throw new ConfigError(
    result.error.issues.map((issue) => `OUTCRY_AUTH_KEYS_FILE: ${issue.path.join('.')}: ${issue.message}`),
  );
}

function parse(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    // The parser's own message quotes the text, which is secret.
    const why = cause instanceof SyntaxError ? 'is not JSON' : 'cannot be read';
    throw new ConfigError([`OUTCRY_AUTH_KEYS_FILE: ${path} ${why}`]);
  }
}

class WeakKeyError extends Error {}

/** @throws WeakKeyError, or whatever the crypto library says of what is no key */
function materialOf(jwk: Jwk): string | Buffer {
  if (jwk.kty === 'oct') {
    const secret = Buffer.from(jwk.k, 'base64url');
    if (secret.length < MIN_SECRET_BYTES) throw new WeakKeyError(`expected at least ${String(MIN_SECRET_BYTES)} bytes`);
    return secret;
  }
  const key = createPublicKey({ key: publicPartOf(jwk), format: 'jwk' });
  const bits = key.asymmetricKeyDetails?.modulusLength ?? MIN_RSA_BITS;
  if (bits < MIN_RSA_BITS) throw new WeakKeyError(`expected at least ${String(MIN_RSA_BITS)} bits`);
  return key.export({ type: 'spki', format: 'pem' }).toString();
}

function publicPartOf(jwk: Exclude<Jwk, { kty: 'oct' }>): JsonWebKey {
  const { kty } = jwk;
  switch (kty) {
    case 'RSA':
      return { kty, n: jwk.n, e: jwk.e };
    case 'EC':
      return { kty, crv: jwk.crv, x: jwk.x, y: jwk.y };
    case 'OKP':
      return { kty, crv: jwk.crv, x: jwk.x };
  }
}
