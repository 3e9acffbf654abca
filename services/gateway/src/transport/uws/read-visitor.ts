import type { HttpResponse } from 'uWebSockets.js';

import { addressOfBytes } from '../../limits/ip-address.ts';
import type { Visitor } from '../transport.ts';
import type { TrustedProxies } from '../trusted-proxies.ts';
import type { HandshakeHeaders } from './read-headers.ts';

/** The other end of the TCP connection; undefined where that is gone already. */
export function readPeer(res: HttpResponse): string | undefined {
  return addressOfBytes(new Uint8Array(res.getRemoteAddress()));
}

/** What is known of who knocks before a request is looked at. */
export interface VisitorPlace {
  readonly peer: string;
  readonly proxies: TrustedProxies;
}

/** Who knocks. */
export function readVisitor(
  res: HttpResponse,
  { origins, cookies, forwardedFor }: HandshakeHeaders,
  { peer, proxies }: VisitorPlace,
): Visitor {
  return {
    origins,
    hasCookies: cookies !== '',
    address: proxies.clientOf({
      peer,
      proxied: addressOfBytes(new Uint8Array(res.getProxiedRemoteAddress())),
      forwardedFor,
    }),
  };
}
