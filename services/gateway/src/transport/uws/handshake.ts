import { chooseEncoding, Encoding, SUBPROTOCOLS } from '@outcry/protocol';
import type { HttpRequest, HttpResponse } from 'uWebSockets.js';

import type { ConnectionRequest, Endpoint, Refusal, TokenSources } from '../transport.ts';
import { findToken } from './handshake-token.ts';

export interface Handshake {
  readonly request: ConnectionRequest;
  /** What the response names as chosen; empty where the client offered nothing. */
  readonly subprotocol: string;
}

/** Reads a handshake while uWS still holds it: the request dies with the callback that it was handed to. */
export function readHandshake(req: HttpRequest, endpoint: Endpoint, sources: TokenSources): Handshake | undefined {
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
      endpoint,
      encoding,
      token: findToken({ subprotocols: offered, query, cookies: req.getHeader('cookie') }, sources),
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

export function answerRefusal(res: HttpResponse, { reason, retryAfterSeconds }: Refusal): void {
  res.cork(() => {
    res
      .writeStatus('503 Service Unavailable')
      .writeHeader('retry-after', String(retryAfterSeconds))
      .writeHeader('content-type', 'text/plain; charset=utf-8')
      .end(`${reason}\n`);
  });
}
