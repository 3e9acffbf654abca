import { chooseEncoding, Encoding, SUBPROTOCOLS } from '@outcry/protocol';
import type { HttpRequest, HttpResponse } from 'uWebSockets.js';

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

export function answerUnknownSubprotocol(res: HttpResponse): void {
  res.cork(() => {
    res
      .writeStatus('400 Bad Request')
      .writeHeader('content-type', 'text/plain; charset=utf-8')
      .end(`offer the subprotocol ${SUBPROTOCOLS.json} or ${SUBPROTOCOLS.msgpack}\n`);
  });
}

const STATUS_LINES: Readonly<Record<Refusal['status'], string>> = {
  403: '403 Forbidden',
  429: '429 Too Many Requests',
  503: '503 Service Unavailable',
};

export function answerRefusal(res: HttpResponse, { status, reason, retryAfterSeconds }: Refusal): void {
  res.cork(() => {
    res.writeStatus(STATUS_LINES[status]);
    if (retryAfterSeconds !== undefined) res.writeHeader('retry-after', String(retryAfterSeconds));
    res.writeHeader('content-type', 'text/plain; charset=utf-8').end(`${reason}\n`);
  });
}
