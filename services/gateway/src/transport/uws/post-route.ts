import type { HttpRequest, HttpResponse } from 'uWebSockets.js';

import type { TrustedProxies } from '../trusted-proxies.ts';
import type { PostHandler } from '../transport.ts';
import type { PlainExchange } from './plain-exchange.ts';
import { readHeaders } from './read-headers.ts';
import { readVisitor } from './read-visitor.ts';
import { jsonAnswer } from './write-answer.ts';

/** What a body of ours can be; a longer one is not read further. */
const MAX_BODY_BYTES = 4096;

/** Who answers a POST, and whose word on addresses is taken. */
export interface PostRoute {
  readonly handler: PostHandler;
  readonly proxies: TrustedProxies;
}

/** A POST while uWS still holds it, and what answers it. */
export interface PostedRequest {
  readonly res: HttpResponse;
  readonly req: HttpRequest;
  readonly exchange: PlainExchange;
  readonly peer: string;
}

/** Reads the body of a POST and answers with JSON. */
export function handlePost({ handler, proxies }: PostRoute, { res, req, exchange, peer }: PostedRequest): void {
  const { address } = readVisitor(res, readHeaders(req), { peer, proxies });
  const contentType = req.getHeader('content-type');
  const answer = (whole: Buffer | undefined): void => {
    void handler({ address, contentType, body: whole }).then((given) => {
      exchange.answer(jsonAnswer(given));
    });
  };
  let body: Buffer | undefined = Buffer.alloc(0);
  res.onData((chunk, isLast) => {
    if (body === undefined) return;
    if (body.length + chunk.byteLength > MAX_BODY_BYTES) {
      body = undefined;
      answer(undefined);
      return;
    }
    // The chunk is uWS's memory, and gone after this call.
    body = Buffer.concat([body, Buffer.from(chunk)]);
    if (isLast) answer(body);
  });
}
