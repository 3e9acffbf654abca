import { isPublicHost, productionProblems, weaknessOf } from '@outcry/service';

import type { GatewaySettings } from './settings.ts';

/** What a gateway refuses to start with in production, in a line each. */
export function problemsInProduction(settings: GatewaySettings): readonly string[] {
  return [
    ...productionProblems(settings),
    ...problemsOfIdentity(settings),
    ...problemsOfApiKeys(settings.OUTCRY_API_KEYS?.split(',') ?? []),
    ...problemsOfPorts(settings),
  ];
}

function problemsOfIdentity(settings: GatewaySettings): readonly string[] {
  const problems: string[] = [];
  const { OUTCRY_AUTH_SECRET: secret } = settings;
  if (secret === undefined && settings.OUTCRY_AUTH_KEYS_FILE === undefined) {
    problems.push(
      'OUTCRY_AUTH_SECRET: this or OUTCRY_AUTH_KEYS_FILE is required, or clients are who they say they are',
    );
  }
  const weakness = secret === undefined ? undefined : weaknessOf(secret);
  if (weakness !== undefined) problems.push(`OUTCRY_AUTH_SECRET: ${weakness}`);
  if (settings.OUTCRY_ORIGINS === '*' && settings.OUTCRY_AUTH_COOKIE !== undefined) {
    problems.push('OUTCRY_ORIGINS: with OUTCRY_AUTH_COOKIE any page could connect as its visitor: name the origins');
  }
  return problems;
}

function problemsOfApiKeys(keys: readonly string[]): readonly string[] {
  return keys.flatMap((key, i) => {
    const weakness = weaknessOf(key);
    return weakness === undefined ? [] : [`OUTCRY_API_KEYS: key ${String(i + 1)} ${weakness}`];
  });
}

function problemsOfPorts(settings: GatewaySettings): readonly string[] {
  const { OUTCRY_INTERNAL_HOST: host, OUTCRY_API_KEYS: keys } = settings;
  if (keys !== undefined || !isPublicHost(host)) return [];
  return [`OUTCRY_INTERNAL_HOST: ${host} may be public: bind a private address, or set OUTCRY_API_KEYS`];
}
