import type { HttpRequest, HttpResponse } from 'uWebSockets.js';

import type { TrustedProxies } from '../trusted-proxies.ts';
import type { PostAnswer, PostHandler } from '../transport.ts';
import { readHeaders } from './read-headers.ts';
import { readVisitor } from './read-visitor.ts';
import { writeAnswer } from './write-answer.ts';

/** What a body of ours can be; a longer one is not read further. */
const MAX_BODY_BYTES = 4096;

/** Who answers a POST, and whose word on addresses is taken. */
export interface PostRoute {
  readonly handler: PostHandler;
  readonly proxies: TrustedProxies;
}

/** Reads the body of a POST and answers with JSON, unless the client has gone by then. */
export function handlePost({ handler, proxies }: PostRoute, res: HttpResponse, req: HttpRequest): void {
  const { address } = readVisitor(res, readHeaders(req), proxies);
  const contentType = req.getHeader('content-type');
  let body: Buffer | undefined = Buffer.alloc(0);
  let isGone = false;
  const send = (answer: PostAnswer): void => {
    if (!isGone) writeAnswer(res, answer);
  };
  res.onAborted(() => {
    isGone = true;
    body = undefined;
  });
  res.onData((chunk, isLast) => {
    if (body === undefined) return;
    if (body.length + chunk.byteLength > MAX_BODY_BYTES) {
      body = undefined;
      send({ status: 413, body: { error: { code: 'bodyTooLarge', message: 'too large', retryable: false } } });
      return;
    }
    // The chunk is uWS's memory, and gone after this call.
    body = Buffer.concat([body, Buffer.from(chunk)]);
    if (isLast) void handler({ address, contentType, body }).then(send);
  });
}
