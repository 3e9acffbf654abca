import type { HttpRequest, HttpResponse } from 'uWebSockets.js';

import { Endpoint, type SiteFile } from '../transport.ts';
import { acceptedEncoding } from '../content-encoding.ts';
import { writeRefusal } from './write-answer.ts';
import { UPGRADE_HEADERS, UPGRADE_REQUIRED } from './handshake.ts';

/** Everything comes from this origin, its sockets included, and nothing may frame the page. */
const HEADERS: readonly (readonly [string, string])[] = [
  [
    'content-security-policy',
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  ],
  ['x-content-type-options', 'nosniff'],
  ['referrer-policy', 'no-referrer'],
];

const ENDPOINTS: ReadonlySet<string> = new Set(Object.values(Endpoint));

/** Answers a plain GET or HEAD on the public port from memory. */
export function serveSite(site: ReadonlyMap<string, SiteFile>, res: HttpResponse, req: HttpRequest): void {
  const path = req.getUrl();
  if (ENDPOINTS.has(path)) {
    writeRefusal(res, UPGRADE_REQUIRED, UPGRADE_HEADERS);
    return;
  }
  const isHead = req.getMethod() === 'head';
  const file = site.get(path === '/' ? '/index.html' : path);
  if (file === undefined) {
    res.cork(() => {
      res.writeStatus('404 Not Found').writeHeader('content-type', 'text/plain; charset=utf-8');
      writeBody(res, Buffer.from('not found\n'), isHead);
    });
    return;
  }
  const encoding = acceptedEncoding(req.getHeader('accept-encoding'), (name) => file.encoded[name] !== undefined);
  res.cork(() => {
    for (const [name, value] of HEADERS) res.writeHeader(name, value);
    res
      .writeHeader('content-type', file.contentType)
      .writeHeader('cache-control', file.isImmutable ? 'public, max-age=31536000, immutable' : 'no-cache')
      .writeHeader('vary', 'accept-encoding');
    if (encoding !== undefined) res.writeHeader('content-encoding', encoding);
    writeBody(res, (encoding === undefined ? undefined : file.encoded[encoding]) ?? file.body, isHead);
  });
}

/** Answers a request by a method that its path does not take (RFC 9110 §15.5.6). */
export function refuseMethod(allow: string, res: HttpResponse): void {
  res.cork(() => {
    res.writeStatus('405 Method Not Allowed').writeHeader('allow', allow);
    res.writeHeader('content-type', 'text/plain; charset=utf-8').end(`${allow} is what this path takes\n`);
  });
}

/**
 * The length is told either way (RFC 9110 §9.3.2). By a header of our own: given a length, `endWithoutBody` leaves the answer open
 * and uWS ends the process (uws-pack 20.0.8).
 */
function writeBody(res: HttpResponse, body: Uint8Array, isHead: boolean): void {
  if (isHead) res.writeHeader('content-length', String(body.length)).endWithoutBody();
  else res.end(body);
}
