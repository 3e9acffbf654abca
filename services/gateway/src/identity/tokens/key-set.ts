import { createPublicKey, type JsonWebKey } from 'node:crypto';

import { z } from 'zod';

import { KeyAlgorithm, type VerificationKey } from './verification-key.ts';

const MIN_SECRET_BYTES = 32;
const MIN_RSA_BITS = 2048;
const MAX_KEYS = 32;

/** Providers' are base64 as well as base64url. A name for a map, and nothing else. */
const kid = z.string().regex(/^[\x21-\x7e]{1,256}$/, 'expected 1 to 256 of printable ASCII without spaces');
const base64url = z.string().regex(/^[A-Za-z0-9_-]+$/, 'expected base64url');
const common = {
  kid,
  use: z.literal('sig', 'is not for signatures').optional(),
  key_ops: z
    .array(z.string())
    .refine((operations) => operations.includes('verify'), 'is not for verifying')
    .optional(),
};

/** RFC 7518 §6 and RFC 8037 §2. Where `alg` is absent, `kty` and `crv` leave one of those that are known here. */
const jsonWebKey = z.discriminatedUnion('kty', [
  z.object({ ...common, kty: z.literal('oct'), alg: z.literal(KeyAlgorithm.Hs256).optional(), k: base64url }),
  z.object({
    ...common,
    kty: z.literal('RSA'),
    alg: z.literal(KeyAlgorithm.Rs256).optional(),
    n: base64url,
    e: base64url,
  }),
  z.object({
    ...common,
    kty: z.literal('EC'),
    alg: z.literal(KeyAlgorithm.Es256).optional(),
    crv: z.literal('P-256'),
    x: base64url,
    y: base64url,
  }),
  z.object({
    ...common,
    kty: z.literal('OKP'),
    alg: z.literal(KeyAlgorithm.EdDsa).optional(),
    crv: z.literal('Ed25519'),
    x: base64url,
  }),
]);
type Jwk = z.output<typeof jsonWebKey>;

const ALGORITHMS: Readonly<Record<Jwk['kty'], KeyAlgorithm>> = {
  oct: KeyAlgorithm.Hs256,
  RSA: KeyAlgorithm.Rs256,
  EC: KeyAlgorithm.Es256,
  OKP: KeyAlgorithm.EdDsa,
};

const set = z.object({ keys: z.array(z.unknown()).min(1, 'expected at least one key').max(MAX_KEYS) });

/** A key that is left out, and why. */
export interface SkippedKey {
  /** Its `kid`, or its place where it has none. */
  readonly key: string;
  readonly why: string;
}

export interface KeySet {
  readonly keys: readonly VerificationKey[];
  /** Sets of providers hold keys for other purposes and of other kinds: RFC 7517 §5 has them ignored. */
  readonly skipped: readonly SkippedKey[];
}

/** Whose mistake it is that is found in a set. */
export const KeySetOwner = {
  /** Our own: what does not belong into it is told before anything starts, and secrets may stand in it. */
  Operator: 'operator',
  /** A provider's, which everybody can read: whatever is of no use in it is left out, and a secret in it is none. */
  Provider: 'provider',
} as const;
export type KeySetOwner = (typeof KeySetOwner)[keyof typeof KeySetOwner];

/** A key set that cannot be used, with every problem of it. Key material is in none of them. */
export class KeySetError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('; '));
    this.name = 'KeySetError';
    this.problems = problems;
  }
}

/**
 * Reads a JSON Web Key Set (RFC 7517). Each key has a `kid`, and an algorithm that is pinned to it.
 *
 * @param value what the set is as JSON
 * @throws KeySetError where no key is left, where two have one `kid`, and where one of the operator's own is private or weak
 */
export function readKeySet(value: unknown, owner: KeySetOwner): KeySet {
  const result = set.safeParse(value);
  if (!result.success) {
    throw new KeySetError(result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`));
  }
  const entries = result.data.keys.map((key, i) => readEntry(key, `keys.${String(i)}`, owner));
  const refused = entries.flatMap((entry) => ('refused' in entry ? [entry.refused] : []));
  const skipped = entries.flatMap((entry) => ('skipped' in entry ? [entry.skipped] : []));
  const keys = entries.flatMap((entry) => ('usable' in entry ? [entry.usable] : []));
  if (new Set(keys.map(({ id }) => id)).size < keys.length) refused.push('keys: two keys have the same kid');
  if (refused.length > 0) throw new KeySetError(refused);
  if (keys.length === 0) throw new KeySetError(skipped.map(({ key, why }) => `no key can be used: ${key}: ${why}`));
  return { keys, skipped };
}

type Entry = { readonly usable: VerificationKey } | { readonly skipped: SkippedKey } | { readonly refused: string };

function readEntry(value: unknown, place: string, owner: KeySetOwner): Entry {
  const key = isObject(value) && kid.safeParse(value['kid']).success ? String(value['kid']) : place;
  /** What is no good, and should not be there. */
  const blame = (problem: string): Entry =>
    owner === KeySetOwner.Operator ? { refused: problem } : { skipped: { key, why: problem } };
  // A gateway has no use for what could sign, so a set that holds it is a mistake.
  if (isObject(value) && 'd' in value) return blame(`${place}.d: is a private key; the gateway takes public ones`);
  const result = jsonWebKey.safeParse(value);
  if (!result.success) {
    const why = result.error.issues.map((issue) => `${[place, ...issue.path].join('.')}: ${issue.message}`);
    return { skipped: { key, why: why.join('; ') } };
  }
  const jwk = result.data;
  if (jwk.kty === 'oct' && owner === KeySetOwner.Provider)
    return blame(`${place}: is a secret that everybody can read`);
  try {
    return { usable: { id: jwk.kid, algorithm: ALGORITHMS[jwk.kty], material: materialOf(jwk) } };
  } catch (err) {
    // Only our own errors are told: those of the crypto library may quote the key.
    if (err instanceof WeakKeyError) return blame(`${place}: ${err.message}`);
    return { skipped: { key, why: `${place}: is no key of its kty` } };
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
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
