import { BEARER_PREFIX } from '@outcry/protocol';

import { type HandshakeToken, TokenSource, type TokenSources } from '../transport.ts';

const QUERY_PARAMETER = 'token';

export interface HandshakeParts {
  readonly subprotocols: readonly string[];
  readonly query: URLSearchParams;
  /** The `Cookie` header; empty where there is none. */
  readonly cookies: string;
}

/** The token of a handshake, from the first place that has one. What a client says on purpose goes before its cookie. */
export function findToken(
  { subprotocols, query, cookies }: HandshakeParts,
  { cookie, hasQuery }: TokenSources,
): HandshakeToken | undefined {
  const bearer = subprotocols.find((name) => name.startsWith(BEARER_PREFIX))?.slice(BEARER_PREFIX.length);
  if (bearer !== undefined) return { text: bearer, source: TokenSource.Subprotocol };
  const parameter = hasQuery ? query.get(QUERY_PARAMETER) : null;
  if (parameter !== null) return { text: parameter, source: TokenSource.Query };
  const value = cookie === undefined ? undefined : cookieOf(cookies, cookie);
  return value === undefined ? undefined : { text: value, source: TokenSource.Cookie };
}

/** RFC 6265 §4.2.1. Where a name comes twice the first counts, which is that of the longest path (§5.4). */
function cookieOf(header: string, name: string): string | undefined {
  const prefix = `${name}=`;
  const pair = header
    .split(';')
    .map((part) => part.trim())
    .find((part) => part.startsWith(prefix));
  const value = pair?.slice(prefix.length);
  return value === '' ? undefined : value;
}
