import { isIPv4, isIPv6 } from 'node:net';

/** Fewer different characters than this are typed by somebody, not drawn. */
const MIN_DISTINCT_CHARACTERS = 12;
const MIN_SECRET_LENGTH = 32;
/** What examples and templates are full of. */
const PLACEHOLDER = /change.?me|secret|passwor|example|default|placeholder|my-|key-of/i;

const PRIVATE_IPV4 = /^(127|10|192\.168|169\.254|172\.(1[6-9]|2\d|3[01])|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7]))\./;
const PRIVATE_IPV6 = /^(::1$|f[cd]|fe[89ab])/i;
/** Names that are resolved inside a host or a cluster only. */
const PRIVATE_NAME = /^[^.]+$|\.(local|internal|svc|localhost)$/i;

/** Why a secret would be no secret in production; undefined where it may be one. */
export function weaknessOf(secret: string): string | undefined {
  if (secret.length < MIN_SECRET_LENGTH) return `has less than ${String(MIN_SECRET_LENGTH)} characters`;
  if (PLACEHOLDER.test(secret)) return 'reads like an example';
  return new Set(secret).size < MIN_DISTINCT_CHARACTERS ? 'has too few different characters' : undefined;
}

/** Whether whoever is not on this host or its private network may reach what listens there. The unspecified address is all of them. */
export function isPublicHost(host: string): boolean {
  if (isIPv4(host)) return !PRIVATE_IPV4.test(host);
  if (isIPv6(host)) return !PRIVATE_IPV6.test(host);
  return !PRIVATE_NAME.test(host);
}

/** What every service refuses in production: a Redis that anybody reaches and nobody asks who they are. */
export function productionProblems({ OUTCRY_REDIS_URL: url }: { readonly OUTCRY_REDIS_URL: string }): string[] {
  const { hostname, password, protocol } = new URL(url);
  // IPv6 addresses stand in brackets.
  if (!isPublicHost(hostname.replace(/^\[|\]$/g, ''))) return [];
  const problems: string[] = [];
  if (password === '') problems.push('OUTCRY_REDIS_URL: a Redis at a public address needs a password');
  if (protocol !== 'rediss:') problems.push('OUTCRY_REDIS_URL: a Redis at a public address needs TLS (rediss://)');
  return problems;
}
