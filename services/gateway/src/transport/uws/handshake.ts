import { chooseEncoding, Encoding, ERROR_CODES, SUBPROTOCOLS } from '@outcry/protocol';
import type { HttpRequest } from 'uWebSockets.js';

import type { ConnectionRequest, Endpoint, Refusal, TokenSources } from '../transport.ts';
import { findToken } from './handshake-token.ts';

export interface Handshake {
  readonly request: ConnectionRequest;
  /** What the response names as chosen; empty where the client offered nothing. */
  readonly subprotocol: string;
}

/** What is known of a handshake besides what it says. */
export interface HandshakePlace {
  readonly endpoint: Endpoint;
  readonly sources: TokenSources;
  readonly address: string;
}

/** Reads a handshake while uWS still holds it: the request dies with the callback that it was handed to. */
export function readHandshake(req: HttpRequest, place: HandshakePlace): Handshake | undefined {
  const offered = req
    .getHeader('sec-websocket-protocol')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const encoding = offered.length === 0 ? Encoding.Json : chooseEncoding(offered);
  if (encoding === undefined) return undefined;
  const query = new URLSearchParams(req.getQuery());
  return {
    request: {
      endpoint: place.endpoint,
      address: place.address,
      encoding,
      token: findToken({ subprotocols: offered, query, cookies: req.getHeader('cookie') }, place.sources),
      query,
    },
    // Never the raw list: uWS would echo its first entry, which may be the token.
    subprotocol: offered.length === 0 ? '' : SUBPROTOCOLS[encoding],
  };
}

/** Of a handshake that offers subprotocols, none of which is known. */
export const UNKNOWN_SUBPROTOCOL: Refusal = {
  status: 400,
  error: ERROR_CODES.badRequest,
  message: `offer the subprotocol ${SUBPROTOCOLS.json} or ${SUBPROTOCOLS.msgpack}`,
  retryAfterSeconds: undefined,
};
