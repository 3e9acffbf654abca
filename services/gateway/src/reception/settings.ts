import { integer, type SettingValues, text } from '@outcry/config';

const ORIGINS = {
  pattern: /^(\*|[a-z][a-z0-9+.-]*:\/\/[^\s,/]+(,[a-z][a-z0-9+.-]*:\/\/[^\s,/]+)*)$/,
  accepts: '`*`, or origins such as `https://example.com` with commas between them',
  isList: true,
};

/**
 * A page says its origin as a browser writes it (RFC 6454 §6.2): nothing else is ever equal to it.
 */
export function problemsOfOrigins({ OUTCRY_ORIGINS: list }: { readonly OUTCRY_ORIGINS: string }): readonly string[] {
  if (list === '*') return [];
  return list.split(',').flatMap((origin) => {
    if (origin.includes('*'))
      return [`OUTCRY_ORIGINS: ${origin} is no origin: name each of them, or \`*\` alone for any page`];
    const written = writtenByBrowsers(origin);
    return written === origin
      ? []
      : [`OUTCRY_ORIGINS: ${origin} is never sent: ${written === undefined ? 'it is no URL' : `expected ${written}`}`];
  });
}

/** Schemes that are none of the web's have what browsers leave as it is. */
function writtenByBrowsers(origin: string): string | undefined {
  const url = URL.parse(origin);
  if (url === null) return undefined;
  return url.origin === 'null' ? origin : url.origin;
}

/** Who is let in, and how many. */
export const RECEPTION_SETTINGS = {
  OUTCRY_ORIGINS: text(ORIGINS, {
    meaning:
      'The pages that may connect, by their exact origin; others are answered with 403. `*` is any page, for development and for pages without cookies.',
    default: '*',
  }),
  OUTCRY_MAX_CONNECTIONS: integer({
    meaning: 'Connections of this gateway; one more is answered with 503.',
    min: 1,
    max: 10_000_000,
    default: 100_000,
  }),
  OUTCRY_MAX_HANDSHAKES: integer({
    meaning:
      'Sockets of the public port that are no WebSocket yet, page and all; one more is closed as it comes. 0 is no limit.',
    min: 0,
    max: 1_000_000,
    default: 10_000,
  }),
  OUTCRY_MAX_HANDSHAKES_PER_ADDRESS: integer({
    meaning: 'The same of one address (of IPv6 a /64); not of OUTCRY_TRUSTED_PROXIES. 0 is no limit.',
    min: 0,
    max: 1_000_000,
    default: 1000,
  }),
  OUTCRY_MAX_LOOP_LAG_MS: integer({
    meaning:
      'Mean lag of the event loop, in each of the last two seconds, past which new connections are answered with 503: one stall is none. So are they where the loop has had no free moment for 5 s. 0 is no limit.',
    min: 0,
    max: 60_000,
    default: 500,
  }),
  OUTCRY_AUTH_DEADLINE_MS: integer({
    meaning: 'How long a client without a token has for its `auth` before it is closed with `authTimeout`.',
    min: 100,
    max: 60_000,
    default: 5000,
  }),
  OUTCRY_AUTH_MAX_WAITING: integer({
    meaning: 'Connections of this gateway that may wait for their `auth`; one more is closed with `atCapacity`.',
    min: 0,
    max: 1_000_000,
    default: 10_000,
  }),
} as const;

export interface ReceptionConfig {
  /** Pages that may connect, or `*`. */
  readonly origins: readonly string[];
  readonly maxConnections: number;
  /** 0 is no limit. */
  readonly maxHandshakes: number;
  /** 0 is no limit. */
  readonly maxHandshakesPerAddress: number;
  /** Of all sockets of the public port; 0 until it is known how many files there may be. */
  readonly maxSockets: number;
  /** 0 is no limit. */
  readonly maxLoopLagMs: number;
  readonly authDeadlineMs: number;
  readonly maxWaiting: number;
}

export function receptionConfigOf(settings: SettingValues<typeof RECEPTION_SETTINGS>): ReceptionConfig {
  return {
    origins: settings.OUTCRY_ORIGINS.split(','),
    maxConnections: settings.OUTCRY_MAX_CONNECTIONS,
    maxHandshakes: settings.OUTCRY_MAX_HANDSHAKES,
    maxHandshakesPerAddress: settings.OUTCRY_MAX_HANDSHAKES_PER_ADDRESS,
    maxSockets: 0,
    maxLoopLagMs: settings.OUTCRY_MAX_LOOP_LAG_MS,
    authDeadlineMs: settings.OUTCRY_AUTH_DEADLINE_MS,
    maxWaiting: settings.OUTCRY_AUTH_MAX_WAITING,
  };
}
