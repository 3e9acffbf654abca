import type { IncomingMessage, ServerResponse } from 'node:http';

import type { RequestHandler } from '@outcry/service';

import { acceptedEncoding } from '../transport/content-encoding.ts';
import type { SiteFile } from '../transport/transport.ts';

/** Where the console is, on the internal port. */
const ROOT = '/console/';
const INDEX = '/index.html';
const YEAR_SECONDS = 31_536_000;

/**
 * Everything comes from the page's own origin; nothing inline, no text that becomes markup, no frames around it, and no forms that are
 * sent: what is said in rooms and what people are called is shown here, and the key of whoever looks is in the page.
 */
const CONTENT_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const HEADERS = {
  'content-security-policy': CONTENT_POLICY,
  'x-frame-options': 'DENY',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
} as const;

/** Serves the built console. It asks the server API for all that it shows, with the key that somebody enters; it sets no cookie. */
export function createConsoleHandler(site: ReadonlyMap<string, SiteFile>): RequestHandler {
  return (request, response) => {
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    if (`${path}/` === ROOT) {
      response.writeHead(308, { location: ROOT }).end();
      return true;
    }
    if (!path.startsWith(ROOT)) return false;
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD' }).end();
      return true;
    }
    const file = site.get(path === ROOT ? INDEX : path.slice(ROOT.length - 1));
    if (file === undefined) response.writeHead(404, { ...HEADERS, 'content-type': 'text/plain' }).end('not found\n');
    else serve(file, request, response);
    return true;
  };
}

function serve(
  { contentType, body, encoded, isImmutable }: SiteFile,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const encoding = acceptedEncoding(request.headers['accept-encoding'] ?? '', (name) => encoded[name] !== undefined);
  const bytes = (encoding === undefined ? undefined : encoded[encoding]) ?? body;
  response.writeHead(200, {
    ...HEADERS,
    'content-type': contentType,
    'content-length': bytes.length,
    'cache-control': isImmutable ? `public, max-age=${String(YEAR_SECONDS)}, immutable` : 'no-cache',
    vary: 'accept-encoding',
    ...(encoding === undefined ? {} : { 'content-encoding': encoding }),
  });
  response.end(request.method === 'HEAD' ? undefined : bytes);
}
