import { ERROR_CODES, type RequestError, type RequestId, type ServerFrame } from '@outcry/protocol';

import type { Identity } from '../identity/identity.ts';

type FrameOf<T extends ServerFrame['type']> = Extract<ServerFrame, { type: T }>;

/** Whom a request is answered to. */
export interface Answerable {
  sendFrame(frame: ServerFrame): void;
}

/** Acknowledges a request; without an `id` the client does not match it with anything, and gets it all the same. */
export function acknowledge(
  client: Answerable,
  id: RequestId | undefined,
  result: Omit<FrameOf<'ack'>, 'type' | 'id'> = {},
): void {
  client.sendFrame(id === undefined ? { type: 'ack', ...result } : { type: 'ack', id, ...result });
}

/** Answers an `auth` that was taken. */
export function acknowledgeIdentity(client: Answerable, id: RequestId | undefined, identity: Identity): void {
  acknowledge(client, id, { user: identity.user, ...expiryFieldOf(identity) });
}

/** When the identity ends, as frames say it. */
export function expiryFieldOf({ expiresAt }: Identity): { readonly expiresAt?: number } {
  return expiresAt === undefined ? {} : { expiresAt };
}

/** What a client is told of a request that is refused, or of a room that it has lost. */
export function refusalFrame(
  err: RequestError,
  { id = err.id, room }: { readonly id?: RequestId | undefined; readonly room?: string },
): FrameOf<'error'> {
  const { code, isRetryable } = ERROR_CODES[err.code];
  return {
    type: 'error',
    ...(id === undefined ? {} : { id }),
    code,
    message: err.message,
    retryable: isRetryable,
    ...(room === undefined ? {} : { room }),
    ...(err.retryInMs === undefined ? {} : { retryInMs: err.retryInMs }),
  };
}

/** Whether it is an answer whose bytes count. What refuses a client for its pace does not: it could never pay that back. */
export function isMetered(frame: ServerFrame): boolean {
  if (frame.type === 'error') return frame.code !== ERROR_CODES.rateLimited.code;
  return frame.type === 'ack' || frame.type === 'results' || frame.type === 'reply';
}
