import type { HttpRequest, HttpResponse } from 'uWebSockets.js';

import { addressOfBytes } from '../../limits/ip-address.ts';
import type { TrustedProxies } from '../trusted-proxies.ts';
import type { Visitor } from '../transport.ts';

/** Of a socket whose other end is gone already. */
const NO_ADDRESS = '0.0.0.0';

/** Reads who knocks while uWS still holds the request. */
export function readVisitor(res: HttpResponse, req: HttpRequest, proxies: TrustedProxies): Visitor {
  const origins: string[] = [];
  const forwardedFor: string[] = [];
  // `getHeader` shows the first of a name only.
  req.forEach((name, value) => {
    if (name === 'origin') origins.push(value);
    else if (name === 'x-forwarded-for') forwardedFor.push(value);
  });
  return {
    origins,
    hasCookies: req.getHeader('cookie') !== '',
    address: proxies.clientOf({
      peer: addressOfBytes(new Uint8Array(res.getRemoteAddress())) ?? NO_ADDRESS,
      proxied: addressOfBytes(new Uint8Array(res.getProxiedRemoteAddress())),
      forwardedFor: forwardedFor.join(','),
    }),
  };
}
