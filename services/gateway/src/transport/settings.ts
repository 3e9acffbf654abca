import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';

import { choice, integer, optionalText, type SettingValues, text } from '@outcry/config';
import { HOST } from '@outcry/service';

import { canonicalAddress } from '../limits/ip-address.ts';
import type { TlsFiles } from './transport.ts';

const PATH = { pattern: /^.+$/, accepts: 'a path' };
const NETWORKS = {
  pattern: /^[0-9A-Fa-f.:]+(\/\d{1,3})?(,[0-9A-Fa-f.:]+(\/\d{1,3})?)*$/,
  accepts: 'addresses, or networks such as `10.0.0.0/8`, with commas between them',
  isList: true,
};

/** The public port. */
export const TRANSPORT_SETTINGS = {
  OUTCRY_HOST: text(HOST, { meaning: 'Address of the public port.', default: '0.0.0.0' }),
  OUTCRY_PORT: integer({ meaning: 'Public port; 0 takes any free one.', min: 0, max: 65_535, default: 1337 }),
  OUTCRY_TLS_CERT_FILE: optionalText(PATH, {
    meaning: 'The certificate of the public port, with its chain, as PEM; read at the start. Unset: no TLS.',
  }),
  OUTCRY_TLS_KEY_FILE: optionalText(PATH, { meaning: 'The private key of OUTCRY_TLS_CERT_FILE, as PEM.' }),
  OUTCRY_COMPRESSION: choice(['off', 'on'], {
    meaning:
      'Agrees on `permessage-deflate` with clients that offer it, and compresses frames of 1 KiB or more, for each member anew: a text of 2,000 characters goes as 465 bytes in place of 2496, for 21.50 µs of CPU in place of 15.50; without a window of each connection (docs/decisions/0084-compression-is-a-switch.md; `npm run bench -- --only compression` measures it).',
    default: 'off',
  }),
  OUTCRY_TRUSTED_PROXIES: optionalText(NETWORKS, {
    meaning:
      'Whose `X-Forwarded-For` and PROXY protocol (version 2) are believed. Unset: a client is who connects. Behind a balancer that is not named here all clients have one address.',
  }),
} as const;

type TransportSettings = SettingValues<typeof TRANSPORT_SETTINGS>;

export interface TransportConfig {
  readonly public: { readonly host: string; readonly port: number };
  /** Undefined where the public port speaks no TLS. */
  readonly tls: TlsFiles | undefined;
  readonly canCompress: boolean;
  readonly trustedProxies: readonly string[];
}

export function transportConfigOf(settings: TransportSettings): TransportConfig {
  return {
    public: { host: settings.OUTCRY_HOST, port: settings.OUTCRY_PORT },
    tls: tlsOf(settings),
    canCompress: settings.OUTCRY_COMPRESSION === 'on',
    trustedProxies: settings.OUTCRY_TRUSTED_PROXIES?.split(',') ?? [],
  };
}

export function problemsOfTransport(settings: TransportSettings): readonly string[] {
  const networks = problemsOfNetworks(settings.OUTCRY_TRUSTED_PROXIES ?? '0.0.0.0');
  return [
    ...networks.map((network) => `OUTCRY_TRUSTED_PROXIES: ${network} is no address and no network`),
    ...problemsOfTls(settings.OUTCRY_TLS_CERT_FILE, settings.OUTCRY_TLS_KEY_FILE),
  ];
}

function tlsOf({
  OUTCRY_TLS_CERT_FILE: certFile,
  OUTCRY_TLS_KEY_FILE: keyFile,
}: TransportSettings): TlsFiles | undefined {
  return certFile === undefined || keyFile === undefined ? undefined : { certFile, keyFile };
}

/** What uWS would say nothing of: without a certificate that fits its key it does not listen. */
function problemsOfTls(certFile: string | undefined, keyFile: string | undefined): readonly string[] {
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
function problemsOfNetworks(list: string): readonly string[] {
  return list.split(',').filter((network) => {
    const [address = '', bits] = network.split('/');
    const width = address.includes(':') ? 128 : 32;
    return canonicalAddress(address) === undefined || Number(bits ?? width) > width;
  });
}
