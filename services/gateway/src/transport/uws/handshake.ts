import { CAN_MOVE, chooseEncoding, Encoding, ERROR_CODES, SUBPROTOCOLS } from '@outcry/protocol';
import type { HttpRequest } from 'uWebSockets.js';

import type { ConnectionRequest, Endpoint, Refusal, TokenSources } from '../transport.ts';
import { findToken } from './handshake-token.ts';
import type { HandshakeHeaders } from './read-headers.ts';

/** RFC 6455. */
export const WEBSOCKET_VERSION = '13';
const VERSION_HEADER = 'sec-websocket-version';
const KEY_HEADER = 'sec-websocket-key';

export interface Handshake {
  readonly request: ConnectionRequest;
  /** What the response names as chosen; empty where the client offered nothing. */
  readonly subprotocol: string;
}

/** What is known of a handshake besides what it says. */
export interface HandshakePlace {
  readonly endpoint: Endpoint;
  readonly headers: HandshakeHeaders;
  readonly sources: TokenSources;
  readonly address: string;
}

/** Reads a handshake while uWS still holds it: the request dies with the callback that it was handed to. */
export function readHandshake(req: HttpRequest, place: HandshakePlace): Handshake | undefined {
  const { subprotocols: offered, cookies } = place.headers;
  const encoding = offered.length === 0 ? Encoding.Json : chooseEncoding(offered);
  if (encoding === undefined) return undefined;
  const query = new URLSearchParams(req.getQuery());
  return {
    request: {
      endpoint: place.endpoint,
      address: place.address,
      encoding,
      token: findToken({ subprotocols: offered, query, cookies }, place.sources),
      canMove: offered.includes(CAN_MOVE),
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

/** Of a request to a WebSocket endpoint that asks for no WebSocket of version 13 (RFC 6455 §4.4, RFC 9110 §15.5.22). */
export const UPGRADE_REQUIRED: Refusal = {
  status: 426,
  error: ERROR_CODES.badRequest,
  message: `this is a WebSocket endpoint: connect with a WebSocket client, version ${WEBSOCKET_VERSION}`,
  retryAfterSeconds: undefined,
};

/** What such a request should have asked for. */
export const UPGRADE_HEADERS = { upgrade: 'websocket', 'sec-websocket-version': WEBSOCKET_VERSION } as const;

/** Of a request for a WebSocket whose key is none (RFC 6455 §4.2.1). */
const BAD_KEY: Refusal = {
  status: 400,
  error: ERROR_CODES.badRequest,
  message: 'sec-websocket-key: expected 16 bytes in base64',
  retryAfterSeconds: undefined,
};
const KEY = /^[A-Za-z0-9+/]{21}[AQgw]==$/;

/** Why this is no request for the WebSocket that is spoken here. uWS (20.67) looks at the key alone, and only whether there is one. */
export function upgradeRefusal(req: HttpRequest): Refusal | undefined {
  const lines = readUpgradeLines(req);
  const names = (header: string, token: string): boolean =>
    (lines.get(header) ?? []).flatMap((line) => line.split(',')).some((part) => part.trim().toLowerCase() === token);
  const asksForWebSocket = names('upgrade', 'websocket') && names('connection', 'upgrade');
  if (!asksForWebSocket || lines.get(VERSION_HEADER)?.join() !== WEBSOCKET_VERSION) return UPGRADE_REQUIRED;
  return KEY.test(lines.get(KEY_HEADER)?.join() ?? '') ? undefined : BAD_KEY;
}

/** All lines of each: a second one may say something else. */
function readUpgradeLines(req: HttpRequest): ReadonlyMap<string, readonly string[]> {
  const lines = new Map<string, string[]>(
    ['upgrade', 'connection', VERSION_HEADER, KEY_HEADER].map((name) => [name, []]),
  );
  req.forEach((name, value) => lines.get(name)?.push(value));
  return lines;
}
