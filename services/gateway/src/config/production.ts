import { BlockList, isIPv4, isIPv6 } from 'node:net';

import { isPublicHost, productionProblems, weaknessOf } from '@outcry/service';

import { apiKeysOf } from '../api/settings.ts';
import { hasKeys } from '../identity/settings.ts';
import { canonicalAddress } from '../limits/ip-address.ts';
import type { GatewaySettings } from './settings.ts';

const MIN_IPV4_BITS = 8;
const MIN_IPV6_BITS = 16;
/** `::ffff:0:0/96`, RFC 4291 §2.5.5.2. */
const IPV4_IN_IPV6_BITS = 96;
/** `fc00::/7`, all of which is private. */
const UNIQUE_LOCAL_BITS = 7;

/** What a gateway refuses to start with in production, in a line each. */
export function problemsInProduction(settings: GatewaySettings): readonly string[] {
  return [
    ...productionProblems(settings),
    ...problemsOfIdentity(settings),
    ...problemsOfHookSecret(settings.OUTCRY_HOOKS_SECRET),
    ...problemsOfApiKeys(settings),
    ...problemsOfPorts(settings),
    ...problemsOfProxies(settings.OUTCRY_TRUSTED_PROXIES?.split(',') ?? []),
  ];
}

function problemsOfIdentity(settings: GatewaySettings): readonly string[] {
  const problems: string[] = [];
  const { OUTCRY_AUTH_SECRET: secret } = settings;
  if (!hasKeys(settings) && settings.OUTCRY_AUTH_ISSUER === undefined) {
    problems.push(
      'OUTCRY_AUTH_SECRET: this, OUTCRY_AUTH_KEYS_FILE, OUTCRY_AUTH_JWKS_URL or OUTCRY_AUTH_ISSUER is required, or clients are who they say they are',
    );
  }
  if (settings.OUTCRY_AUTH_JWKS_URL !== undefined && settings.OUTCRY_AUTH_ISSUER === undefined) {
    problems.push('OUTCRY_AUTH_ISSUER: required with OUTCRY_AUTH_JWKS_URL: providers sign for many with the same keys');
  }
  const weakness = secret === undefined ? undefined : weaknessOf(secret);
  if (weakness !== undefined) problems.push(`OUTCRY_AUTH_SECRET: ${weakness}`);
  if (settings.OUTCRY_ORIGINS === '*' && settings.OUTCRY_AUTH_COOKIE !== undefined) {
    problems.push('OUTCRY_ORIGINS: with OUTCRY_AUTH_COOKIE any page could connect as its visitor: name the origins');
  }
  return problems;
}

function problemsOfHookSecret(secret: string | undefined): readonly string[] {
  const weakness = secret === undefined ? undefined : weaknessOf(secret);
  return weakness === undefined ? [] : [`OUTCRY_HOOKS_SECRET: ${weakness}`];
}

function problemsOfApiKeys(settings: GatewaySettings): readonly string[] {
  const places = { OUTCRY_API_KEYS: 0, OUTCRY_API_READ_KEYS: 0 };
  return apiKeysOf(settings).flatMap(({ key, mayAct }) => {
    const setting = mayAct ? 'OUTCRY_API_KEYS' : 'OUTCRY_API_READ_KEYS';
    places[setting] += 1;
    const weakness = weaknessOf(key);
    return weakness === undefined ? [] : [`${setting}: key ${String(places[setting])} ${weakness}`];
  });
}

function problemsOfPorts(settings: GatewaySettings): readonly string[] {
  const { OUTCRY_INTERNAL_HOST: host, OUTCRY_CONSOLE_OIDC_ISSUER: issuer } = settings;
  if (apiKeysOf(settings).length > 0 || issuer !== undefined || !isPublicHost(host)) return [];
  return [`OUTCRY_INTERNAL_HOST: ${host} may be public: bind a private address, or set OUTCRY_API_KEYS`];
}

/** A list as wide as this one is no list of proxies: whoever connects could write an address of its choice. */
function problemsOfProxies(networks: readonly string[]): readonly string[] {
  return networks
    .filter((network) => isTooWide(network))
    .map((network) => `OUTCRY_TRUSTED_PROXIES: ${network} is everybody, not a balancer: name its own network`);
}

/** IPv4 past a /8, IPv6 past a /16 where it is not all private. What is written as IPv6 may be, or hold, all of IPv4. */
function isTooWide(network: string): boolean {
  const [text = '', given] = network.split('/');
  const address = canonicalAddress(text) ?? text;
  const isWrittenAsIPv6 = text.includes(':');
  const bits = Number(given ?? (isWrittenAsIPv6 ? 128 : 32));
  if (isIPv4(address)) return bits - (isWrittenAsIPv6 ? IPV4_IN_IPV6_BITS : 0) < MIN_IPV4_BITS;
  const isWide = bits < MIN_IPV6_BITS && (isPublicHost(address) || bits < UNIQUE_LOCAL_BITS);
  return isWide || holdsIPv4(address, bits);
}

function holdsIPv4(address: string, bits: number): boolean {
  if (!isIPv6(address) || bits > IPV4_IN_IPV6_BITS) return false;
  const networks = new BlockList();
  networks.addSubnet(address, bits, 'ipv6');
  return networks.check('203.0.113.1', 'ipv4');
}
