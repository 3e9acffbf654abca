import { CLOSE_CODES, type CloseCode, ERROR_CODES, type ErrorCodeName, type ServerFrame } from '@outcry/protocol';

import type { ExceededLimit } from './connection-limits.ts';

type ErrorFrame = Extract<ServerFrame, { type: 'error' }> & { readonly code: ErrorCodeName };

/** What a client is told whose connection is one too many, and what it is closed with then. */
export function describeExceeded(
  limit: ExceededLimit,
  whose: 'address' | 'user',
): { readonly error: ErrorFrame; readonly closeCode: CloseCode } {
  const [{ code, isRetryable }, message, closeCode] =
    limit === 'rate'
      ? [ERROR_CODES.rateLimited, `the ${whose} connects too often`, CLOSE_CODES.rateLimited]
      : [ERROR_CODES.limitReached, `the ${whose} has all the connections that it may have`, CLOSE_CODES.quotaExceeded];
  return { error: { type: 'error', code, message, retryable: isRetryable }, closeCode };
}
