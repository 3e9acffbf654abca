import type { IncomingMessage, ServerResponse } from 'node:http';

import {
  ApiKeys,
  BodyError,
  type Logger,
  readJson,
  refuseJson,
  replyJson,
  replyOrRefuse,
  type RequestHandler,
} from '@outcry/service';

import type { BookIngest } from '../book-source.ts';
import { INGEST_ERRORS, IngestError, type IngestErrorCode } from './ingest-error.ts';

export interface IngestHandlerOptions {
  readonly ingest: BookIngest;
  readonly keys: readonly string[];
  readonly maxBodyBytes: number;
  /** Why nothing that is posted could be published now, or undefined. */
  readonly busNotReady: () => string | undefined;
  /** Told of every request once. */
  readonly onAnswered: (outcome: 'accepted' | 'internal' | IngestErrorCode) => void;
  readonly logger: Logger;
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

const BOOK_PATH = /^\/books\/([^/]+)(\/deltas)?$/;

const RETRY_AFTER_SECONDS = '1';
/** What the same request may get past a moment later. */
const CAN_PASS: ReadonlySet<IngestErrorCode> = new Set(['rateLimited', 'queueFull', 'busUnavailable']);

/**
 * `PUT /books/{symbol}` and `POST /books/{symbol}/deltas`, as docs/SOURCES.md describes them. What is accepted (202) is
 * checked, and on its way to the bus; what is refused has changed nothing.
 */
export function createIngestHandler(options: IngestHandlerOptions): RequestHandler {
  const keys = new ApiKeys(options.keys);
  return (request, response) => {
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    if (path !== '/books' && !path.startsWith('/books/')) return false;
    replyOrRefuse(response, {
      reply: async () => {
        replyJson(response, 202, { seq: await accept({ request, response }, path) });
        options.onAnswered('accepted');
      },
      refuse: (err) => refuse({ request, response }, err instanceof BodyError ? ingestErrorOf(err) : err),
      onFault: (err) => {
        options.logger.error({ err }, 'answer failed');
      },
    });
    return true;
  };

  async function accept({ request, response }: Exchange, path: string): Promise<number> {
    checkKey(keys, request);
    const { symbol, isDeltas } = parsePath(path);
    const method = isDeltas ? 'POST' : 'PUT';
    if (request.method !== method) {
      response.setHeader('allow', method);
      throw new IngestError('methodNotAllowed', `${method} is what this path takes`);
    }
    const body = await readJson(request, options.maxBodyBytes);
    const notReady = options.busNotReady();
    if (notReady !== undefined) throw new IngestError('busUnavailable', `${notReady}: try again`);
    return isDeltas ? options.ingest.extendBook(symbol, body) : options.ingest.replaceBook(symbol, body);
  }

  async function refuse({ request, response }: Exchange, err: unknown): Promise<void> {
    if (!(err instanceof IngestError)) {
      // A client that goes away in the middle of its request is its own affair.
      if (!request.complete) return;
      options.onAnswered('internal');
      options.logger.error({ err }, 'request failed');
      replyJson(response, 500, { error: { code: 'internal', message: 'a fault of the publisher; its log says more' } });
      return;
    }
    const { code, message, path, seq } = err;
    options.onAnswered(code);
    if (code === 'unauthorized') response.setHeader('www-authenticate', 'Bearer');
    if (CAN_PASS.has(code)) response.setHeader('retry-after', RETRY_AFTER_SECONDS);
    await refuseJson({ request, response }, INGEST_ERRORS[code], { error: { code, message, path, seq } });
  }
}

function checkKey(keys: ApiKeys, { headers }: IncomingMessage): void {
  switch (keys.judge(headers.authorization)) {
    case 'admitted':
      return;
    case 'rateLimited':
      throw new IngestError('rateLimited', 'too many wrong keys');
    case 'unauthorized':
      throw new IngestError('unauthorized', 'an API key is needed: Authorization: Bearer <key>');
  }
}

function ingestErrorOf({ code, message }: BodyError): IngestError {
  return new IngestError(code, code === 'bodyTooLarge' ? `${message} (OUTCRY_FEED_HTTP_MAX_BODY_BYTES)` : message);
}

function parsePath(path: string): { symbol: string; isDeltas: boolean } {
  const [, encoded, deltas] = BOOK_PATH.exec(path) ?? [];
  try {
    if (encoded !== undefined) return { symbol: decodeURIComponent(encoded), isDeltas: deltas !== undefined };
  } catch {
    // A percent sign that encodes nothing: no book is called that.
  }
  throw new IngestError('notFound', 'there are /books/{symbol} and /books/{symbol}/deltas');
}
