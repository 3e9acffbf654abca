import { OutcryError } from '../outcry-error.ts';

const DEFAULT_PORT = 6379;
const EXPECTED = 'expected redis://host:port or rediss://host:port';

/** Where a Redis is, and as whom to log in there. */
export interface ServerAddress {
  /** Fit to be shown to anybody: scheme, host and port, without user and password. */
  readonly shown: string;
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
  readonly credentials: { readonly username: string; readonly password: string } | undefined;
}

/**
 * Reads `redis://user:password@host:port`. What is not understood is refused and never ignored; nothing of it is repeated,
 * because any part of it may be a secret that has come to the wrong place.
 *
 * @throws OutcryError `badConfig`
 */
export function parseServerAddress(url: string): ServerAddress {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !['redis:', 'rediss:'].includes(parsed.protocol) || !isHost(parsed.hostname)) {
    throw badUrl(`not a Redis URL: ${EXPECTED}`);
  }
  assertNoMore(parsed);
  const port = parsed.port === '' ? DEFAULT_PORT : Number(parsed.port);
  if (port === 0) throw badUrl(`a Redis URL has a port from 1 to 65535: ${EXPECTED}`);
  return {
    shown: `${parsed.protocol}//${parsed.hostname}:${String(port)}`,
    host: parsed.hostname.replace(/^\[|\]$/g, ''),
    port,
    isTls: parsed.protocol === 'rediss:',
    credentials: readCredentials(parsed),
  };
}

/** A name or an address. One host: what has commas in it is a list of several. */
function isHost(hostname: string): boolean {
  return /^(?:[\w.-]+|\[[\da-f:.]+\])$/i.test(hostname);
}

/** Nothing may stand behind the port but database 0, which is what there is without it. */
function assertNoMore({ pathname, search, hash }: URL): void {
  if (search !== '' || hash !== '') throw badUrl(`a Redis URL has no options behind ? or #: ${EXPECTED}`);
  if (['', '/', '/0'].includes(pathname)) return;
  if (!/^\/\d+$/.test(pathname)) throw badUrl(`a Redis URL has nothing behind its port: ${EXPECTED}`);
  throw badUrl(
    'only database 0 of a Redis is used, because channels know no database and clusters in two of them would hear each other: ' +
      'leave the database away, and give each cluster a prefix of its own (OUTCRY_REDIS_PREFIX)',
  );
}

function readCredentials({ username, password }: URL): ServerAddress['credentials'] {
  if (username === '' && password === '') return undefined;
  try {
    return { username: decodeURIComponent(username), password: decodeURIComponent(password) };
  } catch {
    throw badUrl('user and password of a Redis URL are percent-encoded: write a % itself as %25');
  }
}

function badUrl(message: string): OutcryError {
  return new OutcryError('badConfig', message);
}
