import { createPrivateKey, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';

import { makeToken } from '@outcry/testkit';
import type { JWK } from 'oidc-provider';

import { createKey, type OpenIdProvider } from './openid-provider.ts';
import { AUDIENCE } from './provider-file.ts';

/** What somebody signs who is not the provider, or what the provider has signed for another purpose or time. */
export const Forgery = {
  OtherKey: 'another key under a known name',
  OtherIssuer: 'another issuer under a known key',
  OtherAudience: 'another audience',
  NoAlgorithm: 'alg none',
  PublicKeyAsSecret: 'the public key taken for a secret',
  Expired: 'expired',
} as const;
export type Forgery = (typeof Forgery)[keyof typeof Forgery];

/** Longer ago than clocks may differ. */
const EXPIRED_SECONDS = 60;

export function forge(forgery: Forgery, provider: Pick<OpenIdProvider, 'issuer' | 'keys'>): string {
  const [key] = provider.keys;
  if (key === undefined) throw new Error('expected a provider with a key');
  const claims = { iss: provider.issuer, aud: AUDIENCE };
  const header = { alg: 'ES256', typ: 'at+jwt', kid: key.kid };
  switch (forgery) {
    case Forgery.OtherKey:
      return makeToken(privateKeyOf(createKey()), { claims, header });
    case Forgery.OtherIssuer:
      return makeToken(privateKeyOf(key), { claims: { ...claims, iss: `${provider.issuer}/other` }, header });
    case Forgery.OtherAudience:
      return makeToken(privateKeyOf(key), { claims: { ...claims, aud: 'another' }, header });
    case Forgery.NoAlgorithm:
      return makeToken('', { claims, header: { ...header, alg: 'none' } }).replace(/[^.]*$/, '');
    case Forgery.PublicKeyAsSecret: {
      const secret = createPublicKey(privateKeyOf(key)).export({ format: 'pem', type: 'spki' });
      return makeToken(secret, { claims, header: { ...header, alg: 'HS256' } });
    }
    case Forgery.Expired: {
      const iat = Math.floor(Date.now() / 1000) - 2 * EXPIRED_SECONDS;
      return makeToken(privateKeyOf(key), { claims: { ...claims, iat, exp: iat + EXPIRED_SECONDS }, header });
    }
  }
}

/** What whoever has kept it signs with a key that the provider has taken back. */
export function signWithOld(key: JWK, { issuer }: Pick<OpenIdProvider, 'issuer'>): string {
  const header = { alg: 'ES256', typ: 'at+jwt', kid: key.kid };
  return makeToken(privateKeyOf(key), { claims: { iss: issuer, aud: AUDIENCE }, header });
}

function privateKeyOf(key: JWK): KeyObject {
  return createPrivateKey({ format: 'jwk', key: key as JsonWebKey });
}
