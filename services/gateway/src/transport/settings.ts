import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';

import { integer, optionalText, text } from '@outcry/config';

import { canonicalAddress } from '../limits/ip-address.ts';

const PATH = { pattern: /^.+$/, accepts: 'a path' };
const ORIGINS = {
  pattern: /^(\*|[a-z][a-z0-9+.-]*:\/\/[^\s,/]+(,[a-z][a-z0-9+.-]*:\/\/[^\s,/]+)*)$/,
  accepts: '`*`, or origins such as `https://example.com` with commas between them',
};
const NETWORKS = {
  pattern: /^[0-9A-Fa-f.:]+(\/\d{1,3})?(,[0-9A-Fa-f.:]+(\/\d{1,3})?)*$/,
  accepts: 'addresses, or networks such as `10.0.0.0/8`, with commas between them',
};
const MAX_COUNT = 10_000_000;

/** Who may knock, and how often. */
export const DOOR_SETTINGS = {
  OUTCRY_TLS_CERT_FILE: optionalText(PATH, {
    meaning: 'The certificate of the public port, with its chain, as PEM; read at the start. Unset: no TLS.',
  }),
  OUTCRY_TLS_KEY_FILE: optionalText(PATH, { meaning: 'The private key of OUTCRY_TLS_CERT_FILE, as PEM.' }),
  OUTCRY_ORIGINS: text(ORIGINS, {
    meaning:
      'The pages that may connect, by their exact origin; others are answered with 403. `*` is any page, for development and for pages without cookies.',
    default: '*',
  }),
  OUTCRY_TRUSTED_PROXIES: optionalText(NETWORKS, {
    meaning:
      'Whose `X-Forwarded-For` and PROXY protocol (version 2) are believed. Unset: a client is who connects. Behind a balancer that is not named here all clients have one address.',
  }),
  OUTCRY_MAX_CONNECTIONS_PER_USER: integer({
    meaning: 'Connections of one user in the cluster; one more is closed with `quotaExceeded`. 0 is no limit.',
    min: 0,
    max: MAX_COUNT,
    default: 0,
  }),
  OUTCRY_MAX_CONNECTIONS_PER_ADDRESS: integer({
    meaning:
      'Connections of one address (IPv6: of one /64) in the cluster; one more is closed with `quotaExceeded`. 0 is no limit.',
    min: 0,
    max: MAX_COUNT,
    default: 0,
  }),
  OUTCRY_MAX_CONNECTS_PER_MINUTE: integer({
    meaning:
      'New connections of one address in a minute, in the cluster; one more is closed with `rateLimited`, and for 5 s answered with 429. 0 is no limit.',
    min: 0,
    max: MAX_COUNT,
    default: 0,
  }),
  OUTCRY_MAX_LOOP_LAG_MS: integer({
    meaning:
      'Mean lag of the event loop, in each of the last two seconds, past which new connections are answered with 503: one stall is none. 0 is no limit.',
    min: 0,
    max: 60_000,
    default: 500,
  }),
} as const;

/** What uWS would say nothing of: without a certificate that fits its key it does not listen. */
export function problemsOfTls(certFile: string | undefined, keyFile: string | undefined): readonly string[] {
  if (certFile === undefined && keyFile === undefined) return [];
  if (certFile === undefined) return ['OUTCRY_TLS_CERT_FILE: required where OUTCRY_TLS_KEY_FILE is set'];
  if (keyFile === undefined) return ['OUTCRY_TLS_KEY_FILE: required where OUTCRY_TLS_CERT_FILE is set'];
  try {
    createSecureContext({ cert: readFileSync(certFile), key: readFileSync(keyFile) });
    return [];
  } catch (err) {
    const why = err instanceof Error ? err.message : String(err);
    return [`OUTCRY_TLS_CERT_FILE: with OUTCRY_TLS_KEY_FILE, no certificate and its key as PEM: ${why}`];
  }
}

/** What of a list of networks is none. */
export function problemsOfNetworks(list: string): readonly string[] {
  return list.split(',').filter((network) => {
    const [address = '', bits] = network.split('/');
    const width = address.includes(':') ? 128 : 32;
    return canonicalAddress(address) === undefined || Number(bits ?? width) > width;
  });
}
