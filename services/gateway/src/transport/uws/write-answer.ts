import { STATUS_CODES } from 'node:http';

import type { PostAnswer, Refusal } from '../transport.ts';
import type { PlainAnswer } from './plain-exchange.ts';

type Headers = PlainAnswer['headers'];

/** JSON that no cache keeps. */
export function jsonAnswer({ status, body, retryAfterSeconds }: PostAnswer, headers: Headers = {}): PlainAnswer {
  return {
    status: statusLineOf(status),
    headers: {
      'content-type': 'application/json',
      'cache-control': 'no-store',
      ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
      ...headers,
    },
    body: JSON.stringify(body),
  };
}

/** What a handshake is answered with that is refused: the same body as every other refusal over HTTP. */
export function refusalAnswer({ status, error, message, retryAfterSeconds }: Refusal, headers?: Headers): PlainAnswer {
  const body = { error: { code: error.code, message, retryable: error.isRetryable } };
  return jsonAnswer({ status, body, retryAfterSeconds }, headers);
}

/** A line for people. */
export function textAnswer(status: number, text: string, headers: Headers = {}): PlainAnswer {
  return {
    status: statusLineOf(status),
    headers: { ...headers, 'content-type': 'text/plain; charset=utf-8' },
    body: `${text}\n`,
  };
}

function statusLineOf(status: number): string {
  return `${String(status)} ${STATUS_CODES[status] ?? ''}`;
}
