/** What is assumed where an address does not say: an outcry gateway without TLS, at its own path. */
const SCHEME = 'ws://';
const PATH = '/ws';
const HAS_SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;
/** A URL would have an address in a number, and a host before a colon without a port. */
const NO_HOST_AND_PORT = /^\d+$|^[^/]*:(?:\/|$)/;
const EXAMPLES = 'such as localhost:1337 or wss://example.com/ws';

/**
 * Reads the address of a gateway's sessions: a `ws://` or `wss://` URL, which is taken as it is, or `host:port`.
 *
 * @throws TypeError that says in one line what was expected
 */
export function parseEndpoint(text: string): string {
  const scheme = HAS_SCHEME.exec(text)?.[0].toLowerCase();
  if (scheme === 'http://' || scheme === 'https://') {
    const webSocket = text.replace(/^http/i, 'ws');
    throw new TypeError(`Expected a WebSocket URL: ${withPath(webSocket, toUrl(webSocket))}`);
  }
  if (scheme !== undefined && scheme !== 'ws://' && scheme !== 'wss://') {
    throw new TypeError(`Expected a ws:// or wss:// URL, ${EXAMPLES}.`);
  }
  const url = toUrl(scheme === undefined ? `${SCHEME}${text}` : text);
  if (url === undefined || (scheme === undefined && NO_HOST_AND_PORT.test(text))) {
    throw new TypeError(`Expected host:port or a WebSocket URL, ${EXAMPLES}.`);
  }
  if (url.hash !== '') throw new TypeError(`Expected a WebSocket URL without a fragment (#), ${EXAMPLES}.`);
  if (url.pathname === '/orderbookfeed') {
    throw new TypeError(
      `Expected the endpoint of sessions, ${url.protocol}//${url.host}${PATH}: the books are there, too.`,
    );
  }
  if (scheme !== undefined) return text;
  return withPath(`${SCHEME}${text}`, url);
}

/** The path of an outcry gateway, where none was said. */
function withPath(text: string, url: URL | undefined): string {
  return url?.pathname === '/' && url.search === '' ? `${text.replace(/\/$/, '')}${PATH}` : text;
}

function toUrl(text: string): URL | undefined {
  // It would take white space out, and go somewhere else than was said.
  return /\s/.test(text) || !URL.canParse(text) ? undefined : new URL(text);
}
