import type { IncomingMessage, ServerResponse } from 'node:http';

import type { RequestHandler } from '@outcry/service';

import type { SignInDoor } from '../operators/sign-in.ts';
import { acceptedEncoding } from '../transport/content-encoding.ts';
import type { SiteFile } from '../transport/transport.ts';

/** Where the console is, on the internal port. */
const ROOT = '/console/';
const INDEX = '/index.html';
const YEAR_SECONDS = 31_536_000;

/** What the page is told of how somebody comes in besides by a key. */
const LOGIN = `${ROOT}login.json`;

/**
 * Everything comes from the page's own origin; nothing inline, no text that becomes markup, no frames around it, and no forms that are
 * sent: what is said in rooms and what people are called is shown here, and the key of whoever looks is in the page. Besides the
 * gateway it speaks to nobody but the provider, where there is one, and of that only to what makes tokens.
 */
function contentPolicyOf(door: SignInDoor | undefined): string {
  const tokens = door?.tokenUrl === undefined ? '' : ` ${new URL(door.tokenUrl).origin}`;
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    `connect-src 'self'${tokens}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
}

const HEADERS = {
  'x-frame-options': 'DENY',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
} as const;

export interface ConsoleParts {
  readonly site: ReadonlyMap<string, SiteFile>;
  /** Where people sign in, as it is now; undefined where nobody does. */
  readonly findDoor: () => SignInDoor | undefined;
}

/**
 * Serves the built console. It asks the server API for all that it shows, with the key that somebody enters or the token that they sign
 * in for; it sets no cookie.
 */
export function createConsoleHandler({ site, findDoor }: ConsoleParts): RequestHandler {
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
    const door = findDoor();
    for (const [name, value] of Object.entries({ ...HEADERS, 'content-security-policy': contentPolicyOf(door) })) {
      response.setHeader(name, value);
    }
    const file = path === LOGIN ? describeLogin(door) : site.get(path === ROOT ? INDEX : path.slice(ROOT.length - 1));
    if (file === undefined) response.writeHead(404, { 'content-type': 'text/plain' }).end('not found\n');
    else serve(file, request, response);
    return true;
  };
}

function describeLogin(door: SignInDoor | undefined): SiteFile {
  const body = Buffer.from(JSON.stringify({ oidc: door }));
  return { contentType: 'application/json', body, encoded: {}, isImmutable: false };
}

function serve(
  { contentType, body, encoded, isImmutable }: SiteFile,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const encoding = acceptedEncoding(request.headers['accept-encoding'] ?? '', (name) => encoded[name] !== undefined);
  const bytes = (encoding === undefined ? undefined : encoded[encoding]) ?? body;
  response.writeHead(200, {
    'content-type': contentType,
    'content-length': bytes.length,
    'cache-control': isImmutable ? `public, max-age=${String(YEAR_SECONDS)}, immutable` : 'no-cache',
    vary: 'accept-encoding',
    ...(encoding === undefined ? {} : { 'content-encoding': encoding }),
  });
  response.end(request.method === 'HEAD' ? undefined : bytes);
}
