import type { HttpRequest, HttpResponse } from 'uWebSockets.js';

import type { SiteFile } from '../transport.ts';

/** Everything comes from this origin, its sockets included, and nothing may frame the page. */
const HEADERS: readonly (readonly [string, string])[] = [
  [
    'content-security-policy',
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  ],
  ['x-content-type-options', 'nosniff'],
  ['referrer-policy', 'no-referrer'],
];

/** Answers a plain HTTP request on the public port from memory. */
export function serveSite(site: ReadonlyMap<string, SiteFile>, res: HttpResponse, req: HttpRequest): void {
  const path = req.getUrl();
  const file = site.get(path === '/' ? '/index.html' : path);
  res.cork(() => {
    if (file === undefined) {
      res.writeStatus('404 Not Found').writeHeader('content-type', 'text/plain; charset=utf-8').end('not found\n');
      return;
    }
    for (const [name, value] of HEADERS) res.writeHeader(name, value);
    res
      .writeHeader('content-type', file.contentType)
      .writeHeader('cache-control', file.isImmutable ? 'public, max-age=31536000, immutable' : 'no-cache')
      .end(file.body);
  });
}
