import { generateKeyPairSync } from 'node:crypto';

import { makeToken, signToken } from '@outcry/testkit';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';

import { TokenRefusal } from '../authenticator.ts';
import { RoomGrants } from '../rights/room-grants.ts';
import { SignedTokens } from './signed-tokens.ts';
import { MAX_TOKEN_LENGTH, TokenVerifier } from './token-verifier.ts';
import type { VerificationKey } from './verification-key.ts';

// Tokens are made before the tests run, which may be seconds later: the clock stands still.
vi.useFakeTimers({ toFake: ['Date'] });
afterAll(() => {
  vi.useRealTimers();
});

const SECRET = 'a-secret-of-at-least-thirty-two-characters';
const OTHER_SECRET = 'another-secret-of-thirty-two-characters';
const RSA = generateKeyPairSync('rsa', { modulusLength: 2048 });
const EC = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const OTHER_EC = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const EDWARDS = generateKeyPairSync('ed25519');

const pem = (pair: typeof RSA): string => pair.publicKey.export({ type: 'spki', format: 'pem' }).toString();

const KEYS: readonly VerificationKey[] = [
  { id: undefined, algorithm: 'HS256', material: Buffer.from(SECRET) },
  { id: 'hs-next', algorithm: 'HS256', material: Buffer.from(OTHER_SECRET) },
  { id: 'rs', algorithm: 'RS256', material: pem(RSA) },
  { id: 'es', algorithm: 'ES256', material: pem(EC) },
  { id: 'ed', algorithm: 'EdDSA', material: pem(EDWARDS) },
];

const POLICY = {
  issuer: 'https://issuer.example',
  audience: 'outcry',
  clockToleranceMs: 3000,
  maxLifetimeMs: 3_600_000,
};
const GOOD = { iss: POLICY.issuer, aud: POLICY.audience };
const NOW = Math.floor(Date.now() / 1000);

let verifier: TokenVerifier;
beforeEach(() => {
  verifier = new TokenVerifier(KEYS, POLICY);
});

function refusalOf(token: string): TokenRefusal | 'taken' {
  return verifier.verify(token).refusal ?? 'taken';
}

/** Stands for a number that is written down but too large for one: JSON.parse makes it Infinity. */
const INFINITE = '<1e999>';

/** A good token with other claims. */
function withClaims(claims: Readonly<Record<string, unknown>>): string {
  const text = JSON.stringify({ sub: 'ann', iat: NOW, exp: NOW + 300, ...GOOD, ...claims });
  return signToken(SECRET, '{"alg":"HS256"}', text.replace(`"${INFINITE}"`, '1e999'));
}

/** A good token with another header. */
function withHeader(header: Readonly<Record<string, unknown>>): string {
  return makeToken(SECRET, { header, claims: GOOD });
}

describe('TokenVerifier', () => {
  it.each([
    ['the secret, without a kid', withClaims({})],
    ['the secret of a kid', makeToken(OTHER_SECRET, { header: { kid: 'hs-next' }, claims: GOOD })],
    ['RS256', makeToken(RSA.privateKey, { header: { alg: 'RS256', kid: 'rs' }, claims: GOOD })],
    ['ES256', makeToken(EC.privateKey, { header: { alg: 'ES256', kid: 'es' }, claims: GOOD })],
    ['EdDSA', makeToken(EDWARDS.privateKey, { header: { alg: 'EdDSA', kid: 'ed' }, claims: GOOD })],
    ['an audience among others', withClaims({ aud: ['somebody', 'outcry'] })],
    ['an expiry within the tolerance', withClaims({ exp: NOW - 1 })],
    ['a beginning within the tolerance', withClaims({ nbf: NOW + 2 })],
    ['an issuer whose clock is ahead within the tolerance', withClaims({ iat: NOW + 2 })],
    ['a fraction of a second in its times', withClaims({ iat: NOW - 0.5, nbf: NOW - 0.25, exp: NOW + 60.125 })],
    ['no word of when it was issued', withClaims({ iat: undefined })],
    ['the longest lifetime', withClaims({ iat: NOW - 1800, exp: NOW + 1800 })],
    ['header fields that mean nothing here', withHeader({ jku: 'http://evil.example', jwk: { kty: 'oct', k: 'AA' } })],
  ])('takes a token with %s', (_, token) => {
    expect(verifier.verify(token).claims).toMatchObject({ sub: 'ann' });
  });

  it('takes a token of 4096 characters', () => {
    const token = withClaims({ pad: 'x'.repeat(2921) });
    expect(token).toHaveLength(MAX_TOKEN_LENGTH);
    expect(refusalOf(token)).toBe('taken');
    expect(refusalOf(withClaims({ pad: 'x'.repeat(2922) }))).toBe(TokenRefusal.Malformed);
  });

  it('hands on the claims that a session is made of, and no others', () => {
    const { claims } = verifier.verify(withClaims({ jti: 'id-1', iat: NOW, exp: NOW + 60, secret: 'x' }));
    const none = { rooms: RoomGrants.NONE, scopes: new Set(), info: undefined, leftOut: 0 };
    expect(claims).toEqual({ sub: 'ann', jti: 'id-1', iat: NOW, exp: NOW + 60, ...none });
  });

  describe('where claims have other names', () => {
    const names = { user: 'email', rooms: 'https://us.example/rooms', scopes: 'realm_access.roles' };
    const renaming = new TokenVerifier(KEYS, { ...POLICY, claimNames: names });
    const verify = (claims: Readonly<Record<string, unknown>>) => renaming.verify(withClaims(claims));

    it('takes them by those, or by the way to them', () => {
      const { claims } = verify({
        email: 'ann@example.org',
        'https://us.example/rooms': { lobby: ['read'] },
        realm_access: { roles: ['chat-user', 'staff'] },
        scope: 'of another',
      });
      expect(claims).toMatchObject({ sub: 'ann@example.org', scopes: new Set(['chat-user', 'staff']) });
      expect(claims?.rooms.has('read', 'lobby')).toBe(true);
    });

    it('goes by a whole name before the way', () => {
      const roles = { 'realm_access.roles': 'whole', realm_access: { roles: 'way' } };
      expect(verify({ email: 'ann', ...roles }).claims?.scopes).toEqual(new Set(['whole']));
    });

    it.each([
      [{ realm_access: null }, []],
      [{ realm_access: 'roles' }, []],
      [{ realm_access: { roles: null } }, []],
      [{ scope: 'of another' }, []],
    ])('gives no scope where the way leads to none: %j', (claims, scopes) => {
      expect(verify({ email: 'ann', ...claims }).claims?.scopes).toEqual(new Set(scopes));
    });

    it('takes no letter of a text for a claim in it', () => {
      const spelled = new TokenVerifier(KEYS, { ...POLICY, claimNames: { ...names, user: 'email.0' } });
      expect(spelled.verify(withClaims({ email: 'ann' })).refusal).toBe(TokenRefusal.Claims);
      expect(spelled.verify(withClaims({ email: ['ann'] })).claims?.sub).toBe('ann');
    });

    it.each([{}, { email: undefined }, { email: 5 }, { email: 'all' }])(
      'lets nobody in under the name of another claim: %o',
      (claims) => {
        expect(verify(claims).refusal).toBe(TokenRefusal.Claims);
      },
    );

    it('finds nothing in what objects have of themselves', () => {
      const inherited = new TokenVerifier(KEYS, { ...POLICY, claimNames: { ...names, user: 'constructor.name' } });
      expect(inherited.verify(withClaims({})).refusal).toBe(TokenRefusal.Claims);
    });
  });

  it.each([
    ['chat:read  chat:write ', ['chat:read', 'chat:write']],
    [
      ['a', 'b c'],
      ['a', 'b c'],
    ],
    ['', []],
    [undefined, []],
    [5, []],
    [['a', 5], []],
    [{ a: true }, []],
  ])('takes scopes as a text or as a list, and nothing else for one: %j', (scope, scopes) => {
    expect(verifier.verify(withClaims({ scope })).claims?.scopes).toEqual(new Set(scopes));
  });

  it('gives each right of 64 patterns of rooms, and no other', () => {
    const rooms = verifier.verify(withClaims({ rooms: manyRooms(64) })).claims?.rooms ?? expect.fail();
    expect([rooms.has('read', 'r0'), rooms.has('read', 'r63')]).toEqual([true, true]);
    expect([rooms.has('write', 'r0'), rooms.has('read', 'r64')]).toEqual([false, false]);
  });

  it('takes the last of two claims of one name, as RFC 7519 §4 has it', () => {
    const payload = JSON.stringify({ ...GOOD, sub: 'ann', exp: NOW + 60 });
    const twice = signToken(SECRET, '{"alg":"HS256"}', payload.replace('"sub":"ann"', '"sub":"ann","sub":"bob"'));
    expect(verifier.verify(twice).claims).toMatchObject({ sub: 'bob' });
  });

  it.each(['none', 'None', 'nOnE', 'NONE', ''])('refuses the algorithm %j, signed or not', (alg) => {
    const unsigned = withHeader({ alg }).replace(/[^.]*$/, '');
    expect(refusalOf(withHeader({ alg }))).toBe(TokenRefusal.Algorithm);
    expect([TokenRefusal.Algorithm, TokenRefusal.Signature]).toContain(refusalOf(unsigned));
  });

  it.each(['HS384', 'HS512', 'RS256', 'PS256', 'ES256', 'EdDSA', 'hs256'])(
    'refuses %s where the key is for HS256',
    (alg) => {
      expect(refusalOf(withHeader({ alg }))).toBe(TokenRefusal.Algorithm);
    },
  );

  it.each([
    ['PEM', pem(RSA)],
    ['PEM without its last newline', pem(RSA).trim()],
    ['PKCS #1', RSA.publicKey.export({ type: 'pkcs1', format: 'pem' }).toString()],
    ['DER', RSA.publicKey.export({ type: 'spki', format: 'der' })],
    ['JWK', JSON.stringify(RSA.publicKey.export({ format: 'jwk' }))],
  ])('refuses HS256 with the RSA public key as its secret: %s', (_, secret) => {
    expect(refusalOf(makeToken(secret, { header: { kid: 'rs' }, claims: GOOD }))).toBe(TokenRefusal.Algorithm);
    expect(refusalOf(makeToken(secret, { claims: GOOD }))).toBe(TokenRefusal.Signature);
  });

  it.each([
    ['of nobody', makeToken(SECRET, { header: { kid: 'nobody' }, claims: GOOD }), TokenRefusal.UnknownKey],
    ['of another key', makeToken(SECRET, { header: { kid: 'hs-next' }, claims: GOOD }), TokenRefusal.Signature],
    ['that is empty', withHeader({ kid: '' }), TokenRefusal.UnknownKey],
    ['that is a path', withHeader({ kid: '../../dev/null' }), TokenRefusal.UnknownKey],
    ['that is a URL', withHeader({ kid: 'http://evil.example/key' }), TokenRefusal.UnknownKey],
    ['that is SQL', withHeader({ kid: "x' UNION SELECT 'key" }), TokenRefusal.UnknownKey],
    ['that is __proto__', withHeader({ ['__proto__']: 0, kid: '__proto__' }), TokenRefusal.UnknownKey],
    ['that is constructor', withHeader({ kid: 'constructor' }), TokenRefusal.UnknownKey],
    ['of 2 KB', withHeader({ kid: 'k'.repeat(2000) }), TokenRefusal.UnknownKey],
    ['that is no string', withHeader({ kid: 7 }), TokenRefusal.Malformed],
    ['that is null', withHeader({ kid: null }), TokenRefusal.Malformed],
  ])('refuses a kid %s', (_, token, refusal) => {
    expect(refusalOf(token)).toBe(refusal);
  });

  it.each([
    ['an extension that must be understood', withHeader({ crit: ['b64'], b64: false }), TokenRefusal.Malformed],
    ['an empty crit', withHeader({ crit: [] }), TokenRefusal.Malformed],
    ['a crit of null', withHeader({ crit: null }), TokenRefusal.Malformed],
    ['the key of an attacker in its header', attackersKey(), TokenRefusal.Signature],
    ['the signature of another key', makeToken(OTHER_SECRET, { claims: GOOD }), TokenRefusal.Signature],
    ['the signature of another EC key', ecToken(OTHER_EC), TokenRefusal.Signature],
    ['an EC signature of zeros', ecToken(EC).replace(/[^.]*$/, 'A'.repeat(86)), TokenRefusal.Signature],
    ['no signature', withClaims({}).replace(/[^.]*$/, ''), TokenRefusal.Signature],
    ['half a signature', withClaims({}).slice(0, -20), TokenRefusal.Signature],
    ['another payload', tampered(), TokenRefusal.Signature],
    ['more than three parts', `${withClaims({})}.AAAA`, TokenRefusal.Malformed],
    ['two parts', withClaims({}).replace(/\.[^.]*$/, ''), TokenRefusal.Malformed],
    ['nothing in it', '', TokenRefusal.Malformed],
    ['only dots', '..', TokenRefusal.Malformed],
    ['white space', ` ${withClaims({})}`, TokenRefusal.Malformed],
    ['padding', withClaims({}).replace('.', '=.'), TokenRefusal.Malformed],
    ['a header that is no object', signToken(SECRET, '"HS256"', '{}'), TokenRefusal.Malformed],
    ['a payload that is no JSON', signToken(SECRET, '{"alg":"HS256"}', '{'), TokenRefusal.Malformed],
    ['a payload that is a list', signToken(SECRET, '{"alg":"HS256"}', '[]'), TokenRefusal.Malformed],
    ['more than 4096 characters', withClaims({ pad: 'x'.repeat(MAX_TOKEN_LENGTH) }), TokenRefusal.Malformed],
  ])('refuses a token with %s', (_, token, refusal) => {
    expect(refusalOf(token)).toBe(refusal);
  });

  it.each([
    ['an expiry long ago', { exp: NOW - 10 }, TokenRefusal.Expired],
    ['no expiry', { exp: undefined }, TokenRefusal.Claims],
    ['an expiry that is text', { exp: String(NOW + 60) }, TokenRefusal.Claims],
    ['an expiry that is null', { exp: null }, TokenRefusal.Claims],
    ['an expiry beyond the longest lifetime', { exp: NOW + 3700 }, TokenRefusal.Claims],
    ['an expiry beyond all time', { exp: 1e300 }, TokenRefusal.Claims],
    ['an expiry that JSON makes infinite', { exp: INFINITE }, TokenRefusal.Claims],
    ['a lifetime a second too long', { iat: NOW - 1801, exp: NOW + 1800 }, TokenRefusal.Claims],
    ['the day after tomorrow, issued today', { iat: NOW - 172_800, exp: NOW + 60 }, TokenRefusal.Claims],
    ['a token issued in an hour', { iat: NOW + 3600, exp: NOW + 3602 }, TokenRefusal.NotYetValid],
    ['a token issued just past the tolerance', { iat: NOW + 4 }, TokenRefusal.NotYetValid],
    ['a token issued a fraction past the tolerance', { iat: NOW + 4.5 }, TokenRefusal.NotYetValid],
    ['a token issued at the end of time', { iat: 1e300 }, TokenRefusal.NotYetValid],
    ['a time of issue that JSON makes infinite', { iat: INFINITE }, TokenRefusal.Claims],
    ['a time of issue before all time', { iat: -1 }, TokenRefusal.Claims],
    ['a time of issue that is text', { iat: String(NOW) }, TokenRefusal.Claims],
    ['a time of issue that is null', { iat: null }, TokenRefusal.Claims],
    // No date that the library could name in its error (fast-jwt 6.3.6).
    ['a beginning at the end of time', { nbf: 1e300 }, TokenRefusal.Malformed],
    ['a beginning that JSON makes infinite', { nbf: INFINITE }, TokenRefusal.Malformed],
    ['a list of expiries', { exp: [NOW + 60] }, TokenRefusal.Claims],
    ['a beginning to come', { nbf: NOW + 60 }, TokenRefusal.NotYetValid],
    ['a beginning a fraction past the tolerance', { nbf: NOW + 4.5 }, TokenRefusal.NotYetValid],
    ['a beginning that is text', { nbf: 'soon' }, TokenRefusal.Claims],
    ['another audience', { aud: 'somebody' }, TokenRefusal.Claims],
    ['no audience', { aud: undefined }, TokenRefusal.Claims],
    ['an audience that only begins so', { aud: 'outcry.evil' }, TokenRefusal.Claims],
    ['another issuer', { iss: 'https://evil.example' }, TokenRefusal.Claims],
    ['no issuer', { iss: undefined }, TokenRefusal.Claims],
    ['issuers, one of them the right one', { iss: [POLICY.issuer, 'https://evil.example'] }, TokenRefusal.Claims],
    ['no user', { sub: undefined }, TokenRefusal.Claims],
    ['the user all', { sub: 'all' }, TokenRefusal.Claims],
    ['a user with a star', { sub: 'a*' }, TokenRefusal.Claims],
    ['a user with a line feed', { sub: 'ann\n' }, TokenRefusal.Claims],
    ['a user that is not in NFC', { sub: 'e\u0301' }, TokenRefusal.Claims],
    ['a user of 129 bytes', { sub: `x${'é'.repeat(64)}` }, TokenRefusal.Claims],
    ['a user that is a number', { sub: 7 }, TokenRefusal.Claims],
    ['an id with white space', { jti: 'a b' }, TokenRefusal.Claims],
    ['rights that are no list', { rooms: { a: 'read' } }, TokenRefusal.Claims],
    ['rights that do not exist', { rooms: { a: ['admin'] } }, TokenRefusal.Claims],
    ['rights in what is no pattern', { rooms: { 'a\n*': ['read'] } }, TokenRefusal.Claims],
    ['rights in 65 patterns', { rooms: manyRooms(65) }, TokenRefusal.Claims],
    ['an id that is too long', { jti: 'x'.repeat(129) }, TokenRefusal.Claims],
  ])('refuses %s', (_, claims, refusal) => {
    expect(refusalOf(withClaims(claims))).toBe(refusal);
  });

  it('asks for neither issuer nor audience where none is configured', () => {
    const lax = new TokenVerifier(KEYS, { ...POLICY, issuer: undefined, audience: undefined });
    expect(lax.verify(makeToken(SECRET)).claims).toMatchObject({ sub: 'ann' });
  });

  it('says of a key that is not known that it may still come where it may, by when the token says it was issued', () => {
    const asked: (number | undefined)[] = [];
    const mayStillCome = (issuedAt: number | undefined): boolean => {
      asked.push(issuedAt);
      return issuedAt === NOW * 1000;
    };
    verifier.useKeys({ all: KEYS.filter(({ id }) => id !== undefined), mayStillCome });
    const named = (claims: object) => makeToken(SECRET, { header: { kid: 'new' }, claims: { ...GOOD, ...claims } });
    expect(refusalOf(named({ iat: NOW }))).toBe(TokenRefusal.KeyToCome);
    expect(refusalOf(named({ iat: NOW - 1 }))).toBe(TokenRefusal.UnknownKey);
    for (const iat of [undefined, String(NOW)]) expect(refusalOf(named({ iat }))).toBe(TokenRefusal.UnknownKey);
    expect(asked).toEqual([NOW * 1000, NOW * 1000 - 1000, undefined, undefined]);
    // No key comes for one that names none.
    expect(refusalOf(withClaims({}))).toBe(TokenRefusal.UnknownKey);
    expect(asked).toHaveLength(4);
  });

  it('takes nothing before there are keys, and waits for none', () => {
    const signed = new SignedTokens({ ...POLICY, maxLength: MAX_TOKEN_LENGTH });
    const token = makeToken(OTHER_SECRET, { header: { kid: 'hs-next' }, claims: GOOD });
    expect(signed.verify(token)).toEqual({ refusal: TokenRefusal.UnknownKey });
  });

  it('refuses what it once took as soon as the key is gone', () => {
    const token = makeToken(OTHER_SECRET, { header: { kid: 'hs-next' }, claims: GOOD });
    const rotated = new TokenVerifier(
      KEYS.filter(({ id }) => id !== 'hs-next'),
      POLICY,
    );
    expect(refusalOf(token)).toBe('taken');
    expect(rotated.verify(token).refusal).toBe(TokenRefusal.UnknownKey);
  });
});

function manyRooms(count: number): Record<string, readonly string[]> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`r${String(i)}`, ['read']]));
}

function ecToken({ privateKey }: typeof EC): string {
  return makeToken(privateKey, { header: { alg: 'ES256', kid: 'es' }, claims: GOOD });
}

function attackersKey(): string {
  const jwk = OTHER_EC.publicKey.export({ format: 'jwk' });
  return makeToken(OTHER_EC.privateKey, { header: { alg: 'ES256', kid: 'es', jwk }, claims: GOOD });
}

function tampered(): string {
  const [header, , signature] = withClaims({}).split('.');
  const [, payload] = withClaims({ sub: 'bob' }).split('.');
  return [header, payload, signature].join('.');
}
