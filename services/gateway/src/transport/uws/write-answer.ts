import { STATUS_CODES } from 'node:http';

import type { HttpResponse } from 'uWebSockets.js';

import type { PostAnswer, Refusal } from '../transport.ts';

type Headers = Readonly<Record<string, string>>;

/** Answers with JSON that no cache keeps. */
export function writeAnswer(
  res: HttpResponse,
  { status, body, retryAfterSeconds }: PostAnswer,
  headers: Headers = {},
): void {
  res.cork(() => {
    res
      .writeStatus(`${String(status)} ${STATUS_CODES[status] ?? ''}`)
      .writeHeader('content-type', 'application/json')
      .writeHeader('cache-control', 'no-store');
    if (retryAfterSeconds !== undefined) res.writeHeader('retry-after', String(retryAfterSeconds));
    for (const [name, value] of Object.entries(headers)) res.writeHeader(name, value);
    res.end(JSON.stringify(body));
  });
}

/** Answers a handshake that is refused, with the same body as every other refusal over HTTP. */
export function writeRefusal(
  res: HttpResponse,
  { status, error, message, retryAfterSeconds }: Refusal,
  headers?: Headers,
): void {
  const body = { error: { code: error.code, message, retryable: error.isRetryable } };
  writeAnswer(res, { status, body, retryAfterSeconds }, headers);
}
