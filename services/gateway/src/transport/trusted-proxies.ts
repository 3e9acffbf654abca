import { BlockList, isIPv4 } from 'node:net';

import { addressOfHop } from './forwarded-for.ts';

/** Where a connection comes from, as far as each of them says. */
export interface AddressClaims {
  /** The other end of the TCP connection. */
  readonly peer: string;
  /** By the PROXY protocol, in front of the request; undefined where there was none. */
  readonly proxied: string | undefined;
  /** `X-Forwarded-For`, all of them joined by commas; empty where there was none. */
  readonly forwardedFor: string;
}

/** Finds a client's address behind proxies: only those that are trusted are believed. */
export class TrustedProxies {
  readonly #networks = new BlockList();

  readonly #onUnreadable: () => void;

  /**
   * @param networks `address/bits` each, or an address alone.
   * @param onUnreadable Called where a trusted proxy names its client in a way that is not understood.
   */
  constructor(networks: readonly string[], onUnreadable: () => void = () => undefined) {
    this.#onUnreadable = onUnreadable;
    for (const network of networks) {
      const [address = '', bits] = network.split('/');
      const family = isIPv4(address) ? 'ipv4' : 'ipv6';
      this.#networks.addSubnet(address, bits === undefined ? widthOf(family) : Number(bits), family);
    }
  }

  /**
   * The nearest address that is no trusted proxy's. Counted from the right, because each proxy adds behind what it was
   * given, and the left is whatever the client has written.
   */
  clientOf({ peer, proxied, forwardedFor }: AddressClaims): string {
    const hops = forwardedFor === '' ? [] : forwardedFor.split(',');
    if (proxied !== undefined) hops.push(proxied);
    let client = peer;
    while (this.isTrusted(client)) {
      const hop = hops.pop();
      if (hop === undefined) break;
      const next = addressOfHop(hop);
      if (next === undefined) {
        this.#onUnreadable();
        break;
      }
      client = next;
    }
    return client;
  }

  isTrusted(address: string): boolean {
    return this.#networks.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
  }
}

function widthOf(family: 'ipv4' | 'ipv6'): number {
  return family === 'ipv4' ? 32 : 128;
}
