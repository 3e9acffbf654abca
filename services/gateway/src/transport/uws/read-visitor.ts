import type { HttpResponse } from 'uWebSockets.js';

import { addressOfBytes } from '../../limits/ip-address.ts';
import type { Visitor } from '../transport.ts';
import type { TrustedProxies } from '../trusted-proxies.ts';
import type { HandshakeHeaders } from './read-headers.ts';

/** Of a socket whose other end is gone already. */
const NO_ADDRESS = '0.0.0.0';

/** Who knocks. */
export function readVisitor(
  res: HttpResponse,
  { origins, cookies, forwardedFor }: HandshakeHeaders,
  proxies: TrustedProxies,
): Visitor {
  return {
    origins,
    hasCookies: cookies !== '',
    address: proxies.clientOf({
      peer: addressOfBytes(new Uint8Array(res.getRemoteAddress())) ?? NO_ADDRESS,
      proxied: addressOfBytes(new Uint8Array(res.getProxiedRemoteAddress())),
      forwardedFor,
    }),
  };
}
