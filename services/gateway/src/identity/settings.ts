import { boolean, integer, optionalText, type SettingValues, text } from '@outcry/config';

import { isTrustedUrl, TRUSTED_URL } from './provider/provider-url.ts';

const DAY_MS = 86_400_000;

const PATH = { pattern: /^.+$/, accepts: 'a path' };
const URL_TEXT = { pattern: /^https?:\/\/[\x21-\x7e]{1,1024}$/, accepts: 'a URL' };
const CLAIM = { pattern: /^[\x21-\x7e]{1,256}$/, accepts: 'printable ASCII without spaces (256 at most)' };
const SECRET = { pattern: /^[\x21-\x7e]{32,512}$/, accepts: '32 to 512 printable ASCII characters without spaces' };
/** RFC 6265 §4.1.1. */
const COOKIE = { pattern: /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$/, accepts: 'the name of a cookie' };

const CLAIM_NAME = {
  pattern: /^[\x21-\x7e]{1,256}$/,
  accepts: 'the name of a claim, or the way to it (`realm_access.roles`)',
};

/** Sixteen at most, each as CLAIM_NAME has it. */
const CLAIM_NAMES = {
  pattern: /^[\x21-\x2b\x2d-\x7e]{1,256}(,[\x21-\x2b\x2d-\x7e]{1,256}){0,15}$/,
  accepts: 'up to 16 names of claims, or ways to them, with commas between them',
  isList: true,
};

function claimName(name: string, meaning: string) {
  return text(CLAIM_NAME, { meaning, default: name });
}

/** Who is who: docs/AUTH.md. */
export const AUTH_SETTINGS = {
  OUTCRY_AUTH_SECRET: optionalText(SECRET, {
    meaning:
      'Shared secret (HS256) of tokens that name no key. Without this, OUTCRY_AUTH_KEYS_FILE, OUTCRY_AUTH_JWKS_URL and OUTCRY_AUTH_ISSUER, clients are who they say they are.',
    isSecret: true,
  }),
  OUTCRY_AUTH_KEYS_FILE: optionalText(PATH, {
    meaning: 'A JSON Web Key Set: the keys of tokens that name one by `kid`. docs/AUTH.md shows one.',
  }),
  OUTCRY_AUTH_JWKS_URL: optionalText(URL_TEXT, {
    meaning:
      'Where an identity provider has its JSON Web Key Set, by https. Fetched at the start, again ahead of the end of its time, and when a token names a key that is not known.',
  }),
  OUTCRY_AUTH_ISSUER: optionalText(CLAIM, {
    meaning:
      'The `iss` that a token must have. Unset: any, or none. Where no key is given, an https URL: its keys are found by OpenID Connect Discovery.',
  }),
  OUTCRY_AUTH_AUDIENCE: optionalText(CLAIM, { meaning: 'An `aud` that a token must have. Unset: any, or none.' }),
  OUTCRY_AUTH_USER_CLAIM: claimName(
    'sub',
    'The claim that is the user: one that its holder cannot change, and nobody else has.',
  ),
  OUTCRY_AUTH_ROOMS_CLAIM: claimName('rooms', 'The claim that holds rights by room pattern: docs/AUTH.md.'),
  OUTCRY_AUTH_SCOPE_CLAIM: claimName(
    'scope',
    'The claim that holds scopes or roles, a text with spaces or a list: `scopes` of the room rules say what they mean.',
  ),
  OUTCRY_AUTH_INFO_CLAIMS: optionalText(CLAIM_NAMES, {
    meaning:
      'Claims that others are shown of a user, in `members`, `member` and where asked for in `message`: `name,picture`, for one. The first go first; 1,024 bytes in all. Unset: none.',
  }),
  OUTCRY_AUTH_CLOCK_TOLERANCE_MS: integer({
    meaning: 'How far the clocks of issuer and gateway may differ; a session ends so long after its token expires.',
    min: 0,
    max: 30_000,
    default: 3000,
  }),
  OUTCRY_AUTH_MAX_LIFETIME_MS: integer({
    meaning: 'A token that is valid for longer than this is refused. Revocations are kept for as long.',
    min: 60_000,
    max: 30 * DAY_MS,
    default: DAY_MS,
  }),
  OUTCRY_AUTH_COOKIE: optionalText(COOKIE, {
    meaning: 'The cookie that a token may come in. Unset: cookies are not looked at.',
  }),
  OUTCRY_AUTH_QUERY: boolean({
    meaning: 'Takes a token from `?token=` as well, where proxies and histories may keep it.',
    default: false,
  }),
  OUTCRY_AUTH_GUESTS: boolean({
    meaning:
      'Where tokens are checked, lets clients without one in as guests, with the rights that room rules give to guests.',
    default: false,
  }),
  OUTCRY_ACCOUNTS: boolean({
    meaning:
      'Lets people register and log in on the public port, for small installations; with OUTCRY_AUTH_SECRET. docs/AUTH.md.',
    default: false,
  }),
  OUTCRY_ACCOUNTS_TOKEN_MS: integer({
    meaning: 'How long a token of an account is good; at most OUTCRY_AUTH_MAX_LIFETIME_MS.',
    min: 60_000,
    max: 30 * DAY_MS,
    default: 3_600_000,
  }),
  OUTCRY_MAX_LOGINS_PER_MINUTE: integer({
    meaning:
      'Requests of one address (IPv6: of one /64) to register or to log in, in a minute, in the cluster; one more is answered with 429. 0 is no limit.',
    min: 0,
    max: 1_000_000,
    default: 20,
  }),
} as const;

export type AuthSettings = SettingValues<typeof AUTH_SETTINGS>;

/** They mean nothing where names are taken on trust, and look as if they did. */
const OF_TOKENS = ['OUTCRY_AUTH_AUDIENCE', 'OUTCRY_AUTH_GUESTS'] as const;

export function problemsOfAuth(settings: AuthSettings): readonly string[] {
  const problems: string[] = [];
  if (settings.OUTCRY_ACCOUNTS && settings.OUTCRY_AUTH_SECRET === undefined) {
    problems.push('OUTCRY_AUTH_SECRET: required where OUTCRY_ACCOUNTS is true');
  }
  const { OUTCRY_AUTH_JWKS_URL: url, OUTCRY_AUTH_ISSUER: issuer } = settings;
  if (url !== undefined && !isTrustedUrl(url)) problems.push(`OUTCRY_AUTH_JWKS_URL: expected ${TRUSTED_URL}`);
  if (issuer !== undefined && !hasKeys(settings) && !isTrustedUrl(issuer)) {
    problems.push(`OUTCRY_AUTH_ISSUER: without a key, expected ${TRUSTED_URL}`);
  }
  if (issuer === undefined && !hasKeys(settings)) {
    const given = OF_TOKENS.filter((name) => settings[name] !== undefined && settings[name] !== false);
    problems.push(
      ...given.map(
        (name) => `${name}: no token is checked without OUTCRY_AUTH_SECRET, _KEYS_FILE, _JWKS_URL or _ISSUER`,
      ),
    );
  }
  if (settings.OUTCRY_ACCOUNTS_TOKEN_MS > settings.OUTCRY_AUTH_MAX_LIFETIME_MS) {
    problems.push('OUTCRY_ACCOUNTS_TOKEN_MS: must be at most OUTCRY_AUTH_MAX_LIFETIME_MS');
  }
  return problems;
}

/** Whether it is said where keys are, and the issuer need not be asked. */
export function hasKeys({
  OUTCRY_AUTH_SECRET: secret,
  OUTCRY_AUTH_KEYS_FILE: file,
  OUTCRY_AUTH_JWKS_URL: url,
}: AuthSettings): boolean {
  return secret !== undefined || file !== undefined || url !== undefined;
}
