import type { IncomingMessage, ServerResponse } from 'node:http';

import type { Logger } from '@outcry/service';

import { delay } from '../pacing/delay.ts';
import type { BookIngest } from '../sources/book-source.ts';
import { INGEST_ERRORS, IngestError } from '../sources/http/ingest-error.ts';
import { ApiKeys } from './api-keys.ts';
import { readJson } from './read-json.ts';

export interface IngestHandlerOptions {
  readonly ingest: BookIngest;
  readonly keys: readonly string[];
  readonly maxBodyBytes: number;
  /** Why nothing that is posted could be published now, or undefined. */
  readonly busNotReady: () => string | undefined;
  readonly logger: Logger;
}

/** Answers a request to `/books/…`; false for any other. */
export type IngestHandler = (request: IncomingMessage, response: ServerResponse) => boolean;

const BOOK_PATH = /^\/books\/([^/]+)(\/deltas)?$/;

const RETRY_AFTER_SECONDS = '1';

/** The rest of a request that is refused before its end is read for so long, and not kept. */
const MAX_DISCARD_MS = 1000;

/**
 * `PUT /books/{symbol}` and `POST /books/{symbol}/deltas`, as docs/SOURCES.md describes them. What is accepted (202) is
 * checked, and on its way to the bus; what is refused has changed nothing.
 */
export function createIngestHandler(options: IngestHandlerOptions): IngestHandler {
  const keys = new ApiKeys(options.keys);
  return (request, response) => {
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    if (path !== '/books' && !path.startsWith('/books/')) return false;
    accept(request, path).then(
      (seq) => {
        reply(response, 202, { seq });
      },
      (err: unknown) => refuse(request, response, err),
    );
    return true;
  };

  async function accept(request: IncomingMessage, path: string): Promise<number> {
    if (!keys.admits(request.headers.authorization)) {
      throw new IngestError('unauthorized', 'an API key is needed: Authorization: Bearer <key>');
    }
    const { symbol, isDeltas } = parsePath(path);
    const method = isDeltas ? 'POST' : 'PUT';
    if (request.method !== method) throw new IngestError('methodNotAllowed', `${method} is what this path takes`);
    const body = await readJson(request, options.maxBodyBytes);
    const notReady = options.busNotReady();
    if (notReady !== undefined) throw new IngestError('busUnavailable', `${notReady}: try again`);
    return isDeltas ? options.ingest.extendBook(symbol, body) : options.ingest.replaceBook(symbol, body);
  }

  async function refuse(request: IncomingMessage, response: ServerResponse, err: unknown): Promise<void> {
    if (!(err instanceof IngestError)) {
      // A client that goes away in the middle of its request is its own affair.
      if (!request.complete) return;
      options.logger.error({ err }, 'request failed');
      reply(response, 500, { error: { code: 'internal', message: 'a fault of the publisher; its log says more' } });
      return;
    }
    const { code, message, path, seq } = err;
    const status = INGEST_ERRORS[code];
    if (code === 'unauthorized') response.setHeader('www-authenticate', 'Bearer');
    if (code === 'queueFull' || code === 'busUnavailable') response.setHeader('retry-after', RETRY_AFTER_SECONDS);
    if (!request.complete) {
      response.setHeader('connection', 'close');
      await discardRest(request);
    }
    reply(response, status, { error: { code, message, path, seq } });
  }
}

/** A connection that is closed with something unread is reset, and the answer lost with it. */
async function discardRest(request: IncomingMessage): Promise<void> {
  request.resume();
  await delay(MAX_DISCARD_MS, endOf(request));
}

function endOf(request: IncomingMessage): AbortSignal {
  const ended = new AbortController();
  request.once('close', () => {
    ended.abort();
  });
  request.once('end', () => {
    ended.abort();
  });
  return ended.signal;
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

function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
}
