import { type Credentials, type HostAddress, showHost, type SingleServer, type SocketAddress } from './topology.ts';

/** How connections get to the server that they are for. */
export interface Route {
  /** Fit to be shown to anybody. */
  readonly shown: string;
  readonly isTls: boolean;
  readonly credentials: Credentials | undefined;
  /** Whoever is found there has to be a primary, or is left at once. */
  readonly isToPrimary: boolean;
  /** Who says where it is, in words; undefined where that is known beforehand. */
  readonly namedBy: string | undefined;
  /** How long it takes at most to find the server. */
  readonly findLimitMs: number;
  /**
   * Where the server is now. Asked for each attempt to connect, so what it was the last time does not matter.
   *
   * @throws Error in words; a `LastingError` where somebody has to do something first
   */
  find(signal: AbortSignal): Promise<SocketAddress>;
  /** Calls back when the server is known to be somewhere else by now. Returns what ends that. */
  watch(onMoved: (address: HostAddress) => void): () => void;
}

/** To one address, whoever is there. */
export function routeToServer({ shown, isTls, credentials, address }: SingleServer): Route {
  return {
    shown,
    isTls,
    credentials,
    isToPrimary: false,
    namedBy: undefined,
    findLimitMs: 0,
    find: () => Promise.resolve(address),
    watch: () => () => undefined,
  };
}

/** To a server that a Redis Cluster names for its slots. */
export function routeInCluster(
  { isTls, credentials }: Pick<SingleServer, 'isTls' | 'credentials'>,
  address: HostAddress,
): Route {
  const shown = `${isTls ? 'rediss' : 'redis'}://${showHost(address)}`;
  const route = routeToServer({ kind: 'single', shown, isTls, credentials, address });
  return { ...route, isToPrimary: true, namedBy: 'the cluster' };
}

export function isSameHost(one: SocketAddress, other: HostAddress): boolean {
  return 'host' in one && one.host === other.host && one.port === other.port;
}
