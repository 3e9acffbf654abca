import { CLOSE_CODES, Retry, retryAfter } from '@outcry/protocol';

import { messageOf, OutcryError } from '../primitives/errors.ts';

/** How a socket has ended. */
export interface SocketLoss {
  /** The close code; 1006 where there was none. */
  readonly code: number;
  /** What came with it. */
  readonly reason?: string | undefined;
  /** What the platform says. */
  readonly cause?: unknown;
}

export interface LossVerdict {
  readonly retry: Retry;
  readonly error: OutcryError;
}

const NO_CLOSE_FRAME = 1006;
/** From here on a code can only be the gateway's; those below it, anything on the way may send as well. */
const FIRST_OWN_CODE = 4000;

/** Whether to come back, and when. A code that others use, too, is the gateway's only with the gateway's own words. */
export function judgeLoss({ code, reason, cause }: SocketLoss, canRefresh: boolean): LossVerdict {
  const known = Object.entries(CLOSE_CODES).find(([, each]) => each.code === code);
  const isOwn = code >= FIRST_OWN_CODE || (known !== undefined && known[1].reason === reason);
  const retry = isOwn ? retryAfter(code) : Retry.Wait;
  if (code === CLOSE_CODES.tokenExpired.code && !canRefresh) {
    const message = 'the token has expired, and no function was given';
    return { retry: Retry.Never, error: new OutcryError('unauthenticated', message, { closeCode: code }) };
  }
  const message = isOwn ? `the gateway closed the connection: ${known?.[0] ?? String(code)}` : describe(code, cause);
  const isOver = retry === Retry.Never;
  const error = new OutcryError(isOver ? 'closed' : 'disconnected', message, {
    closeCode: code,
    isRetryable: !isOver,
    cause,
  });
  return { retry, error };
}

function describe(code: number, cause: unknown): string {
  if (code !== NO_CLOSE_FRAME) return `the connection was closed on the way: ${String(code)}`;
  const why = messageOf(cause);
  return why === '' ? 'the connection was lost' : `the connection was lost: ${why}`;
}
