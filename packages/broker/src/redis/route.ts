import type { Credentials, HostAddress, SingleServer, SocketAddress } from './topology.ts';

/** How connections get to the server that they are for. */
export interface Route {
  /** Fit to be shown to anybody. */
  readonly shown: string;
  readonly isTls: boolean;
  readonly credentials: Credentials | undefined;
  /** Whoever is found there has to be a primary, or is left at once. */
  readonly isToPrimary: boolean;
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
    findLimitMs: 0,
    find: () => Promise.resolve(address),
    watch: () => () => undefined,
  };
}

export function isSameHost(one: SocketAddress, other: HostAddress): boolean {
  return 'host' in one && one.host === other.host && one.port === other.port;
}
