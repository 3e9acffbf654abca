import { BlockList, isIPv4 } from 'node:net';

import { canonicalAddress } from '../limits/ip-address.ts';

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

  /** @param networks `address/bits` each, or an address alone. */
  constructor(networks: readonly string[]) {
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
    const hops = forwardedFor === '' ? [] : forwardedFor.split(',').map(canonicalAddress);
    if (proxied !== undefined) hops.push(proxied);
    let client = peer;
    while (this.#isTrusted(client)) {
      const next = hops.pop();
      if (next === undefined) break;
      client = next;
    }
    return client;
  }

  #isTrusted(address: string): boolean {
    return this.#networks.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
  }
}

function widthOf(family: 'ipv4' | 'ipv6'): number {
  return family === 'ipv4' ? 32 : 128;
}
