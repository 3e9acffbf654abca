import { OutcryError } from '../../outcry-error.ts';
import { PARTITION_COUNT } from '../../partition.ts';

const DEFAULT_PORT = 6379;
const DEFAULT_SENTINEL_PORT = 26_379;
/** Each is asked in turn and listened to; three or five are what is recommended. */
const MAX_SENTINELS = 16;
/** Any of them knows all others. */
const MAX_SEEDS = 64;
/** `sun_path` of Linux, without its last byte; what is longer would be cut, and name another socket. */
const MAX_PATH_BYTES = 107;
/** A comma in front of what begins a URL: in lists of sentinels there are commas, too, and in passwords no slash. */
const BETWEEN_URLS = /\s*,\s*(?=[a-z][a-z+]*:\/\/)/i;
const EXPECTED =
  'expected redis://host:port, rediss://host:port, redis+unix:///path or redis+sentinel://host:port,host:port/name, or several with commas between them, or redis+cluster://host:port,host:port';

export interface Credentials {
  /** Empty for the default user. */
  readonly username: string;
  readonly password: string;
}

export interface HostAddress {
  readonly host: string;
  readonly port: number;
}

export type SocketAddress = HostAddress | { readonly path: string };

interface Servers {
  /** Fit to be shown to anybody: without users and passwords. */
  readonly shown: string;
  readonly isTls: boolean;
  readonly credentials: Credentials | undefined;
}

/** One Redis, at an address that is known. */
export interface SingleServer extends Servers {
  readonly kind: 'single';
  readonly address: SocketAddress;
}

/** One primary at a time, whose address its sentinels know. They are reached as the servers are: all by TLS, or none. */
export interface SentinelGroup extends Servers {
  readonly kind: 'sentinel';
  /** What the sentinels call it. */
  readonly primary: string;
  readonly sentinels: readonly HostAddress[];
  readonly sentinelCredentials: Credentials | undefined;
}

/** One Redis at a time. */
export type ServerTopology = SingleServer | SentinelGroup;

/** Servers that know nothing of each other. Their order says which partitions are whose. */
export interface ShardList {
  readonly kind: 'shards';
  readonly shown: string;
  readonly shards: readonly ServerTopology[];
}

/** A Redis Cluster. Each of its servers knows all others, and which slots they have. */
export interface RedisCluster extends Servers {
  readonly kind: 'cluster';
  /** Some of its servers, of which one has to be there when a node starts. */
  readonly seeds: readonly HostAddress[];
}

/** Where the Redis of a cluster is, and as whom to log in there. */
export type Topology = ServerTopology | ShardList | RedisCluster;

interface UrlParts {
  readonly scheme: string;
  readonly credentials: Credentials | undefined;
  /** One or more, with commas between them. */
  readonly hosts: string;
  readonly path: string;
}

/**
 * Reads `OUTCRY_REDIS_URL`. What is not understood is refused and never ignored; nothing of it is repeated, because any part
 * of it may be a secret that has come to the wrong place.
 *
 * @param sentinelCredentials as whom to log in at sentinels; the user and the password of the URL are those of the servers
 * @throws OutcryError `badConfig`
 */
export function parseTopology(url: string, sentinelCredentials?: Credentials): Topology {
  const urls = url.split(BETWEEN_URLS);
  if (sentinelCredentials !== undefined && !urls.some((one) => /^rediss?\+sentinel:/i.test(one))) {
    throw bad('a user or a password of sentinels needs a URL that names sentinels: redis+sentinel://host:port/name');
  }
  const parts = urls.map(splitUrl);
  if (parts.some(isCluster)) return readCluster(parts);
  const shards = parts.map((one) => readServer(one, sentinelCredentials));
  const [first, ...others] = shards;
  if (first !== undefined && others.length === 0) return first;
  assertShards(shards);
  return { kind: 'shards', shown: shards.map(({ shown }) => shown).join(','), shards };
}

function assertShards(shards: readonly { readonly shown: string }[]): void {
  if (shards.length > PARTITION_COUNT) throw bad(`at most ${String(PARTITION_COUNT)} Redis servers share the rooms`);
  if (new Set(shards.map(({ shown }) => shown)).size < shards.length) {
    throw bad('each of several Redis servers is named once: one of them is named twice');
  }
}

function isCluster({ scheme }: UrlParts): boolean {
  return scheme.endsWith('+cluster');
}

function readCluster([parts, ...others]: readonly UrlParts[]): RedisCluster {
  if (parts === undefined || others.length > 0) {
    throw bad(
      'a Redis Cluster shares its rooms with no other Redis: expected one URL, redis+cluster://host:port,host:port',
    );
  }
  const { scheme, credentials, hosts, path } = parts;
  if (hosts === '')
    throw bad('the URL of a Redis Cluster names some of its servers: expected redis+cluster://host:port,host:port');
  if (!['', '/'].includes(path))
    assertFirstDatabase(path.slice(1), 'the URL of a Redis Cluster has nothing behind its servers');
  const seeds = hosts.split(',').map((host) => readHost(host, DEFAULT_PORT));
  if (seeds.length > MAX_SEEDS) throw bad(`a Redis URL names at most ${String(MAX_SEEDS)} servers of a cluster`);
  const shown = `${scheme}://${seeds.map(showHost).join(',')}`;
  return { kind: 'cluster', shown, isTls: scheme.startsWith('rediss'), credentials, seeds };
}

function readServer(parts: UrlParts, sentinelCredentials: Credentials | undefined): ServerTopology {
  switch (parts.scheme) {
    case 'redis':
    case 'rediss':
      return readSingleServer(parts);
    case 'unix':
    case 'redis+unix':
      return readUnixSocket(parts);
    case 'redis+sentinel':
    case 'rediss+sentinel':
      return readSentinelGroup(parts, sentinelCredentials);
    default:
      throw bad(`not a Redis URL: ${EXPECTED}`);
  }
}

/** By hand: `URL` knows no lists of hosts, and no user in front of a path. */
function splitUrl(url: string): UrlParts {
  const [, scheme = '', user, hosts = '', path = '', rest] =
    /^([a-z+]+):\/\/(?:([^/?#]*)@)?([^/?#]*)(\/[^?#]*)?([?#].*)?$/is.exec(url) ?? [];
  const isKnown = /^(?:rediss?(?:\+sentinel|\+cluster)?|(?:redis\+)?unix)$/i.test(scheme);
  if (!isKnown || !isHostList(hosts)) throw bad(`not a Redis URL: ${EXPECTED}`);
  if (rest !== undefined) throw bad(`a Redis URL has no options behind ? or #: ${EXPECTED}`);
  return { scheme: scheme.toLowerCase(), credentials: readCredentials(user), hosts, path };
}

/** A name or an address, or several with commas between them, each with a port or without; or nothing, as before a path. */
function isHostList(hosts: string): boolean {
  return hosts === '' || hosts.split(',').every((host) => /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i.test(host));
}

function readSingleServer({ scheme, credentials, hosts, path }: UrlParts): SingleServer {
  if (hosts === '') throw bad(`not a Redis URL: ${EXPECTED}`);
  if (hosts.includes(',')) {
    throw bad('each of several Redis servers has a URL of its own: expected redis://host:port,redis://host:port');
  }
  if (!['', '/'].includes(path)) assertFirstDatabase(path.slice(1), `a Redis URL has nothing behind its port`);
  const address = readHost(hosts, DEFAULT_PORT);
  return {
    kind: 'single',
    shown: `${scheme}://${showHost(address)}`,
    isTls: scheme === 'rediss',
    credentials,
    address,
  };
}

function readUnixSocket({ credentials, hosts, path: written }: UrlParts): SingleServer {
  const path = decode(written, 'the path of a socket is percent-encoded: write a % itself as %25');
  const isPath = hosts === '' && /^\/[^\0]*[^/\0]$/.test(path);
  if (!isPath) throw bad('the URL of a unix socket has an absolute path and no host: expected redis+unix:///path');
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) {
    throw bad(`the path of a unix socket has at most ${String(MAX_PATH_BYTES)} bytes`);
  }
  return { kind: 'single', shown: `redis+unix://${written}`, isTls: false, credentials, address: { path } };
}

function readSentinelGroup(
  { scheme, credentials, hosts, path }: UrlParts,
  sentinelCredentials: Credentials | undefined,
): SentinelGroup {
  const [, primary = '', database] = /^\/([\w.-]+)(?:\/(.*))?$/.exec(path) ?? [];
  if (hosts === '' || primary === '') {
    throw bad('a URL of sentinels ends with what they call the primary: expected redis+sentinel://host:port/name');
  }
  assertFirstDatabase(database ?? '', 'a URL of sentinels has nothing behind the name of the primary');
  const sentinels = hosts.split(',').map((host) => readHost(host, DEFAULT_SENTINEL_PORT));
  if (sentinels.length > MAX_SENTINELS) throw bad(`a Redis URL names at most ${String(MAX_SENTINELS)} sentinels`);
  const shown = `${scheme}://${sentinels.map(showHost).join(',')}/${primary}`;
  const isTls = scheme.startsWith('rediss');
  return { kind: 'sentinel', shown, isTls, credentials, primary, sentinels, sentinelCredentials };
}

/** Nothing may stand there but 0, which is what there is without it. */
function assertFirstDatabase(database: string, otherwise: string): void {
  if (['', '0'].includes(database)) return;
  if (!/^\d+$/.test(database)) throw bad(`${otherwise}: ${EXPECTED}`);
  throw bad(
    'only database 0 of a Redis is used, because channels know no database and clusters in two of them would hear each other: ' +
      'leave the database away, and give each cluster a prefix of its own (OUTCRY_REDIS_PREFIX)',
  );
}

function readHost(text: string, defaultPort: number): HostAddress {
  const [, host = '', digits] = /^(\[.*\]|[^:]*)(?::(\d+))?$/.exec(text) ?? [];
  const port = digits === undefined ? defaultPort : Number(digits);
  if (port < 1 || port > 65_535) throw bad(`a Redis URL has a port from 1 to 65535: ${EXPECTED}`);
  return { host: host.replace(/^\[|\]$/g, ''), port };
}

/** Without a scheme. */
export function showAddress(address: SocketAddress): string {
  return 'path' in address ? address.path : showHost(address);
}

export function showHost({ host, port }: HostAddress): string {
  return `${host.includes(':') ? `[${host}]` : host}:${String(port)}`;
}

function readCredentials(user = ''): Credentials | undefined {
  const [username = '', ...password] = user.split(':').map((part) => {
    return decode(part, 'user and password of a Redis URL are percent-encoded: write a % itself as %25');
  });
  if (username === '' && password.join('') === '') return undefined;
  return { username, password: password.join(':') };
}

function decode(text: string, otherwise: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw bad(otherwise);
  }
}

function bad(message: string): OutcryError {
  return new OutcryError('badConfig', message);
}
