import type { HttpRequest, HttpResponse } from 'uWebSockets.js';

import { acceptedEncoding } from '../content-encoding.ts';
import { contentPolicy } from '../content-policy.ts';
import { Endpoint, type SiteFile } from '../transport.ts';
import { UPGRADE_HEADERS, UPGRADE_REQUIRED } from './handshake.ts';
import type { PlainAnswer, PlainExchange } from './plain-exchange.ts';
import { refusalAnswer, textAnswer } from './write-answer.ts';

const HEADERS: PlainAnswer['headers'] = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

/** Where TLS is this gateway's own; RFC 6797. A balancer that ends it says so itself. */
const STRICT_TRANSPORT: PlainAnswer['headers'] = { 'strict-transport-security': 'max-age=31536000' };

/** What there is to be had by GET. */
export interface Site {
  readonly files: ReadonlyMap<string, SiteFile>;
  /** Whether pages may show pictures from elsewhere, by https. */
  readonly hasPictures: boolean;
  readonly isTls: boolean;
}

const ENDPOINTS: ReadonlySet<string> = new Set(Object.values(Endpoint));

/** A GET or HEAD on the public port, and what answers it. */
export interface SiteRequest {
  readonly req: HttpRequest;
  readonly exchange: PlainExchange;
  /** Another handle on its response. */
  readonly hold: HttpResponse;
}

/** Answers a plain GET or HEAD on the public port from memory. */
export function serveSite(site: Site, { req, exchange, hold }: SiteRequest): void {
  const { files, isTls } = site;
  const path = req.getUrl();
  const isHead = req.getMethod() === 'head';
  if (ENDPOINTS.has(path)) {
    exchange.answer(refusalAnswer(UPGRADE_REQUIRED, UPGRADE_HEADERS));
    return;
  }
  const file = files.get(path === '/' ? '/index.html' : path);
  if (file === undefined) {
    const answer = textAnswer(404, 'not found');
    if (isHead) exchange.answerHead(answer, hold);
    else exchange.answer(answer);
    return;
  }
  const plain = fileAnswer(file, req.getHeader('accept-encoding'));
  const headers = {
    ...plain.headers,
    'content-security-policy': contentPolicy(site),
    ...(isTls ? STRICT_TRANSPORT : {}),
  };
  const answer = { ...plain, headers };
  if (isHead) exchange.answerHead(answer, hold);
  else exchange.stream(answer, hold);
}

/** What answers a request by a method that its path does not take (RFC 9110 §15.5.6). */
export function methodNotAllowed(allow: string): PlainAnswer {
  return textAnswer(405, `${allow} is what this path takes`, { allow });
}

function fileAnswer(file: SiteFile, accepted: string): PlainAnswer & { readonly body: Uint8Array } {
  const encoding = acceptedEncoding(accepted, (name) => file.encoded[name] !== undefined);
  return {
    headers: {
      ...HEADERS,
      'content-type': file.contentType,
      'cache-control': file.isImmutable ? 'public, max-age=31536000, immutable' : 'no-cache',
      vary: 'accept-encoding',
      ...(encoding === undefined ? {} : { 'content-encoding': encoding }),
    },
    body: (encoding === undefined ? undefined : file.encoded[encoding]) ?? file.body,
  };
}
