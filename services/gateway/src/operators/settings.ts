import { optionalText, type SettingValues, text } from '@outcry/config';

import { isTrustedUrl, TRUSTED_URL } from '../identity/provider/provider-url.ts';
import type { AuthSettings } from '../identity/settings.ts';
import type { OperatorPolicy } from './operator.ts';

const URL_TEXT = { pattern: /^https?:\/\/[\x21-\x7e]{1,1024}$/, accepts: 'a URL' };
const CLIENT_ID = { pattern: /^[\x21-\x7e]{1,256}$/, accepts: 'printable ASCII without spaces (256 at most)' };
/** RFC 6749 §3.3. */
const SCOPE = '[\\x21\\x23-\\x5b\\x5d-\\x7e]{1,128}';
const SCOPES = {
  pattern: new RegExp(`^${SCOPE}( ${SCOPE}){0,31}$`),
  accepts: 'scopes with a blank between them',
};
const CLAIM_NAME = {
  pattern: /^[\x21-\x7e]{1,256}$/,
  accepts: 'the name of a claim, or the way to it (`realm_access.roles`)',
};
/** Names as providers have them: Keycloak's may begin with a slash, Entra's be identifiers. */
const ROLES = {
  pattern: /^[^\s,]{1,256}(,[^\s,]{1,256}){0,63}$/,
  accepts: 'up to 64 roles without blanks, with commas between them',
  isList: true,
};

/** Who signs in to the console at an identity provider: docs/CONSOLE.md. */
export const OPERATOR_SETTINGS = {
  OUTCRY_CONSOLE_OIDC_ISSUER: optionalText(URL_TEXT, {
    meaning:
      'An OpenID provider at which people sign in to the console, as its tokens have it in `iss`: https, or http on this host. Its ID tokens are bearers of the server API besides keys. Unset: there are keys only.',
  }),
  OUTCRY_CONSOLE_OIDC_CLIENT_ID: optionalText(CLIENT_ID, {
    meaning:
      'The name that the console has there: a public client (PKCE, without a secret), whose redirect URI is `/console/` of the internal port. Required with the issuer.',
  }),
  OUTCRY_CONSOLE_OIDC_SCOPES: text(SCOPES, {
    meaning: 'What the console asks the provider for; `openid` among them. `offline_access`, where it needs that.',
    default: 'openid profile',
  }),
  OUTCRY_CONSOLE_OIDC_ROLES_CLAIM: text(CLAIM_NAME, {
    meaning: 'The claim of the ID token that holds the roles of whoever signs in, a text with blanks or a list.',
    default: 'roles',
  }),
  OUTCRY_CONSOLE_OIDC_ACT_ROLES: optionalText(ROLES, {
    meaning: 'Whoever has one of these roles may do everything, as with a key of OUTCRY_API_KEYS.',
  }),
  OUTCRY_CONSOLE_OIDC_READ_ROLES: optionalText(ROLES, {
    meaning:
      'Whoever has one of these may look at everything, and change nothing, as with a key of OUTCRY_API_READ_KEYS. Without a role of either list nobody comes in.',
  }),
} as const;

type OperatorSettings = SettingValues<typeof OPERATOR_SETTINGS>;

/** Where people sign in, and who of them may do what. */
export interface OperatorsConfig extends OperatorPolicy {
  readonly scopes: string;
}

/** Undefined where nobody signs in. */
export function operatorsConfigOf(settings: OperatorSettings & AuthSettings): OperatorsConfig | undefined {
  const { OUTCRY_CONSOLE_OIDC_ISSUER: issuer, OUTCRY_CONSOLE_OIDC_CLIENT_ID: clientId } = settings;
  if (issuer === undefined || clientId === undefined) return undefined;
  return {
    issuer,
    clientId,
    scopes: settings.OUTCRY_CONSOLE_OIDC_SCOPES,
    rolesClaim: settings.OUTCRY_CONSOLE_OIDC_ROLES_CLAIM,
    actRoles: rolesOf(settings.OUTCRY_CONSOLE_OIDC_ACT_ROLES),
    readRoles: rolesOf(settings.OUTCRY_CONSOLE_OIDC_READ_ROLES),
    clockToleranceMs: settings.OUTCRY_AUTH_CLOCK_TOLERANCE_MS,
    maxLifetimeMs: settings.OUTCRY_AUTH_MAX_LIFETIME_MS,
  };
}

export function problemsOfOperators(settings: OperatorSettings): readonly string[] {
  const {
    OUTCRY_CONSOLE_OIDC_ISSUER: issuer,
    OUTCRY_CONSOLE_OIDC_CLIENT_ID: clientId,
    OUTCRY_CONSOLE_OIDC_ACT_ROLES: actRoles,
    OUTCRY_CONSOLE_OIDC_READ_ROLES: readRoles,
  } = settings;
  if (issuer === undefined) {
    const others = { CLIENT_ID: clientId, ACT_ROLES: actRoles, READ_ROLES: readRoles };
    return Object.entries(others)
      .filter(([, value]) => value !== undefined)
      .map(([name]) => `OUTCRY_CONSOLE_OIDC_ISSUER: required with OUTCRY_CONSOLE_OIDC_${name}`);
  }
  const problems: string[] = [];
  if (!isTrustedUrl(issuer) || issuer.includes('?')) {
    problems.push(`OUTCRY_CONSOLE_OIDC_ISSUER: expected ${TRUSTED_URL}, and without a query`);
  }
  if (clientId === undefined) {
    problems.push('OUTCRY_CONSOLE_OIDC_CLIENT_ID: required with OUTCRY_CONSOLE_OIDC_ISSUER, whose tokens are for many');
  }
  if (actRoles === undefined && readRoles === undefined) {
    problems.push(
      'OUTCRY_CONSOLE_OIDC_ACT_ROLES: this or OUTCRY_CONSOLE_OIDC_READ_ROLES is required with OUTCRY_CONSOLE_OIDC_ISSUER, or nobody comes in',
    );
  }
  const acting = rolesOf(actRoles);
  for (const role of [...rolesOf(readRoles)].filter((name) => acting.has(name))) {
    problems.push(`OUTCRY_CONSOLE_OIDC_READ_ROLES: ${role} is in OUTCRY_CONSOLE_OIDC_ACT_ROLES: whoever acts may look`);
  }
  if (!settings.OUTCRY_CONSOLE_OIDC_SCOPES.split(' ').includes('openid')) {
    problems.push('OUTCRY_CONSOLE_OIDC_SCOPES: openid is missing: without it there are no ID tokens');
  }
  return problems;
}

function rolesOf(list: string | undefined): ReadonlySet<string> {
  return new Set(list?.split(','));
}
