import type { IncomingMessage, ServerResponse } from 'node:http';

import { EXPECTED_IN_PAYLOAD, findWideInteger, placeOf } from '@outcry/protocol';
import { type MessageTracing, type TracedRooms, TraceSource } from '@outcry/tracing';
import {
  type Logger,
  readBearerToken,
  readJson,
  refuseJson,
  replyJsonText,
  replyOrRefuse,
  type RequestHandler,
} from '@outcry/service';

import type { GatewayMetrics } from '../observability/metrics.ts';
import { API_COMMANDS } from './api-commands.ts';
import { API_ERRORS, ApiError } from './api-error.ts';
import type { ApiParts } from './api-parts.ts';
import type { Authenticate } from './authenticate.ts';
import { readReason } from './bearer.ts';
import { createRequestCount, OTHER_PATHS } from './count-request.ts';
import { createOpenApiDocument } from './openapi-document.ts';
import { runBatch } from './run-batch.ts';
import { describeApiError, toApiError } from './to-api-error.ts';

const ROOT = '/api/';
const { document: DOCUMENT, batch: BATCH } = OTHER_PATHS;

const MAX_BODY_BYTES = 4 * 1024 * 1024;
const RETRY_AFTER_SECONDS = '1';

export interface ApiHandlerOptions {
  readonly parts: ApiParts;
  readonly authenticate: Authenticate;
  /** Undefined where nobody is told of traces. */
  readonly traces?: FollowingParts | undefined;
  readonly metrics: Pick<GatewayMetrics, 'apiRequests' | 'apiRefusals'>;
  readonly logger: Logger;
}

/** `POST /api/<command>`, `POST /api/batch` and `GET /api/openapi.json`, as docs/SERVER-API.md describes them. */
export function createApiHandler({ parts, authenticate, traces, metrics, logger }: ApiHandlerOptions): RequestHandler {
  const documentText = JSON.stringify(createOpenApiDocument());
  const count = createRequestCount(metrics);

  return (request, response) => {
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    if (!path.startsWith(ROOT)) return false;
    const name = path.slice(ROOT.length);
    replyOrRefuse(response, {
      reply: async () => {
        replyJsonText(response, 200, await answer(request, response, name));
        count(name, 'done');
      },
      refuse: async (err) => {
        const refusal = refusalOf(request, err);
        if (refusal === undefined) return;
        count(name, refusal.code);
        await refuse(request, response, refusal);
      },
      onFault: (err) => {
        logger.error({ err }, 'answer failed');
      },
    });
    return true;
  };

  /** In JSON. */
  async function answer(request: IncomingMessage, response: ServerResponse, name: string): Promise<string> {
    const startedAt = performance.now();
    const { authorization, 'outcry-reason': reason } = request.headers;
    const bearer = { ...(await authenticate(readBearerToken(authorization))), reason: readReason(reason) };
    if (name === DOCUMENT) {
      checkMethod(request, response, 'GET');
      return documentText;
    }
    const command = Object.hasOwn(API_COMMANDS, name) ? API_COMMANDS[name] : undefined;
    if (command === undefined && name !== BATCH) {
      throw new ApiError('notFound', `there are ${[...Object.keys(API_COMMANDS), BATCH, DOCUMENT].join(', ')}`);
    }
    checkMethod(request, response, 'POST');
    const body = await readJson(request, MAX_BODY_BYTES, refuseWideIntegers);
    const own = { ...parts, follow: traces && followerOf(request, startedAt, traces) };
    return command === undefined
      ? runBatch({ parts: own, bearer }, body, { count, logger })
      : JSON.stringify(await command.execute({ name, parts: own, bearer }, body, []));
  }

  /** Undefined where nobody waits for it any more. */
  function refusalOf(request: IncomingMessage, err: unknown): ApiError | undefined {
    const refusal = toApiError(err) ?? new ApiError('internal', 'a fault of the gateway; its log says more');
    // A client that goes away in the middle of its request is its own affair.
    if (refusal.code === 'internal' && !request.complete) return undefined;
    if (refusal.code === 'internal') logger.error({ err }, 'command failed');
    return refusal;
  }
}

async function refuse(request: IncomingMessage, response: ServerResponse, refusal: ApiError): Promise<void> {
  const { status, isRetryable } = API_ERRORS[refusal.code];
  if (refusal.code === 'unauthorized') response.setHeader('www-authenticate', 'Bearer');
  if (isRetryable) response.setHeader('retry-after', RETRY_AFTER_SECONDS);
  await refuseJson({ request, response }, status, describeApiError(refusal));
}

interface FollowingParts {
  readonly messages: Pick<MessageTracing, 'publish'>;
  readonly rooms: Pick<TracedRooms, 'begin'>;
}

/** What follows the messages of a request, each by itself: there may be many. */
function followerOf(
  { headers: { traceparent } }: IncomingMessage,
  startedAt: number,
  { messages, rooms }: FollowingParts,
): ApiParts['follow'] {
  const arrival = { startedAt, decodedAt: performance.now() };
  return (room) => {
    const isNamed = typeof traceparent === 'string';
    const followed = isNamed
      ? messages.publish({ ...arrival, traceparent, source: TraceSource.Server, room })
      : undefined;
    return followed ?? rooms.begin({ ...arrival, room });
  };
}

/** Clients could not be told them as they were written. */
function refuseWideIntegers(text: string): void {
  const [field, ...steps] = findWideInteger(text) ?? [];
  if (field !== undefined) throw new ApiError('malformed', EXPECTED_IN_PAYLOAD.integer, placeOf(String(field), steps));
}

/** RFC 9110 §15.5.6. */
function checkMethod(request: IncomingMessage, response: ServerResponse, method: 'GET' | 'POST'): void {
  if (request.method === method) return;
  response.setHeader('allow', method);
  throw new ApiError('methodNotAllowed', `${method} is what this path takes`);
}
