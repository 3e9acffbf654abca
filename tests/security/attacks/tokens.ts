import { generateKeyPairSync } from 'node:crypto';

import { closeCode, makeToken, type RawClientOptions, signToken, type TokenKey } from '@outcry/testkit';

import type { Attack, Attempt } from '../support/attack.ts';
import { EC, EDWARDS, RSA, SECRET } from '../support/keys.ts';
import { outcomeOfHandshake } from '../support/outcome.ts';
import { AUDIENCE, COOKIE, ISSUER, ORIGIN, type Target } from '../support/target.ts';

type Fields = Readonly<Record<string, unknown>>;

const GOOD = { iss: ISSUER, aud: AUDIENCE };
const now = (): number => Math.floor(Date.now() / 1000);
const OTHER_EC = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const { code, reason } = closeCode('unauthenticated');
const REFUSED = `${String(code)} ${reason}`;
const EXPIRED = `${String(closeCode('tokenExpired').code)} ${closeCode('tokenExpired').reason}`;

/** How a token comes in. */
const DOORS: Readonly<Record<string, (target: Target, token: string) => Promise<string>>> = {
  subprotocol: ({ url }, token) => outcomeOfHandshake({ url, encoding: 'json', token }),
  cookie: ({ url }, token) =>
    outcomeOfHandshake({ url, encoding: 'json', headers: { Origin: ORIGIN, Cookie: `${COOKIE}=${token}` } }),
  'auth frame': ({ url }, token) =>
    outcomeOfHandshake({ url, encoding: 'msgpack' } satisfies RawClientOptions, (client) => {
      client.send({ type: 'auth', token });
    }),
};

function withHeader(header: Fields, key: TokenKey = SECRET): string {
  return makeToken(key, { header, claims: GOOD });
}

function withClaims(claims: Fields): string {
  return makeToken(SECRET, { claims: { ...GOOD, ...claims } });
}

function through(tokens: Readonly<Record<string, string>>, expected: string): readonly Attempt[] {
  return Object.entries(tokens).flatMap(([what, token]) =>
    Object.entries(DOORS).map(([door, enter]) => ({
      what: `${what}, by ${door}`,
      expected,
      run: (target: Target) => enter(target, token),
    })),
  );
}

function publicPem(): string {
  return RSA.publicKey.export({ type: 'spki', format: 'pem' }).toString();
}

function swapPayload(token: string, other: string): string {
  const [header, , signature] = token.split('.');
  return [header, other.split('.')[1], signature].join('.');
}

export const TOKEN_ATTACKS: readonly Attack[] = [
  {
    name: 'good tokens of every algorithm are let in by every door',
    attempts: () =>
      through(
        {
          HS256: withClaims({}),
          RS256: withHeader({ alg: 'RS256', kid: 'rs' }, RSA.privateKey),
          ES256: withHeader({ alg: 'ES256', kid: 'es' }, EC.privateKey),
          EdDSA: withHeader({ alg: 'EdDSA', kid: 'ed' }, EDWARDS.privateKey),
        },
        'let in',
      ),
  },
  {
    name: 'tokens whose header chooses how they are checked are refused',
    attempts: () =>
      through(
        {
          ...Object.fromEntries(['none', 'None', 'nOnE', 'HS384', 'RS256'].map((alg) => [alg, withHeader({ alg })])),
          'none, unsigned': withHeader({ alg: 'none' }).replace(/[^.]*$/, ''),
          'HS256 by the public RSA key as PEM': withHeader({ kid: 'rs' }, publicPem()),
          'HS256 by the public RSA key, trimmed': withHeader({ kid: 'rs' }, publicPem().trim()),
          'RS256 by the EC key': withHeader({ alg: 'RS256', kid: 'es' }, RSA.privateKey),
          'crit, unknown': withHeader({ crit: ['b64'], b64: false }),
          'crit, empty': withHeader({ crit: [] }),
        },
        REFUSED,
      ),
  },
  {
    name: 'tokens that name or bring a key of their own are refused',
    attempts: () =>
      through(
        {
          ...Object.fromEntries(
            [
              '../../dev/null',
              'http://127.0.0.1/key',
              "x' OR 'a'='a",
              '__proto__',
              'constructor',
              '',
              'k'.repeat(1024),
            ].map((kid) => [`kid ${kid.slice(0, 20)}`, withHeader({ kid })]),
          ),
          'kid of another key': withHeader({ kid: 'es' }),
          'kid that is no text': withHeader({ kid: 7 }),
          jwk: withHeader(
            { alg: 'ES256', kid: 'es', jwk: OTHER_EC.publicKey.export({ format: 'jwk' }) },
            OTHER_EC.privateKey,
          ),
          jku: withHeader({ alg: 'ES256', kid: 'es', jku: 'http://127.0.0.1:1/keys' }, OTHER_EC.privateKey),
          x5u: withHeader({ alg: 'ES256', kid: 'es', x5u: 'http://127.0.0.1:1/cert' }, OTHER_EC.privateKey),
        },
        REFUSED,
      ),
  },
  {
    name: 'tokens that were tampered with are refused',
    attempts: () =>
      through(
        {
          'another payload': swapPayload(withClaims({}), withClaims({ sub: 'bob' })),
          'no signature': withClaims({}).replace(/[^.]*$/, ''),
          'half a signature': withClaims({}).slice(0, -20),
          'zeros as an EC signature': withHeader({ alg: 'ES256', kid: 'es' }, EC.privateKey).replace(
            /[^.]*$/,
            'A'.repeat(86),
          ),
          'another secret': makeToken('another-secret-of-thirty-two-characters', { claims: GOOD }),
          'two parts': withClaims({}).replace(/\.[^.]*$/, ''),
          'four parts': `${withClaims({})}.AAAA`,
          'only dots': '..',
          'a header that is no object': signToken(SECRET, '"HS256"', '{}'),
          'claims that are no JSON': signToken(SECRET, '{"alg":"HS256"}', '{'),
          'claims nested 1,000 deep': signToken(SECRET, '{"alg":"HS256"}', '['.repeat(1000)),
        },
        REFUSED,
      ),
  },
  {
    name: 'tokens with claims that do not hold are refused',
    attempts: () => [
      ...through(
        {
          'no exp': withClaims({ exp: undefined }),
          'exp as text': withClaims({ exp: '9999999999' }),
          'exp beyond all time': withClaims({ exp: 1e300 }),
          'exp in 40 days': withClaims({ exp: now() + 40 * 86_400 }),
          'nbf to come': withClaims({ nbf: now() + 60 }),
          'iat to come, to outlive a revocation': withClaims({ iat: now() + 3600, exp: now() + 7200 }),
          'iat 40 days ago, to outlive the memory of a revocation': withClaims({ iat: now() - 40 * 86_400 }),
          'another audience': withClaims({ aud: 'somebody' }),
          'no audience': withClaims({ aud: undefined }),
          'another issuer': withClaims({ iss: 'https://evil.example' }),
          'no issuer': withClaims({ iss: undefined }),
          'no user': withClaims({ sub: undefined }),
          'the user all': withClaims({ sub: 'all' }),
          'the user a*b': withClaims({ sub: 'a*b' }),
          'rights that do not exist': withClaims({ rooms: { a: ['admin'] } }),
        },
        REFUSED,
      ),
      ...through({ expired: withClaims({ exp: now() - 60 }) }, EXPIRED),
    ],
  },
];
