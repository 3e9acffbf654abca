import { OutcryError, UnwritableError } from '@outcry/broker';
import { BodyError } from '@outcry/service';

import { AccountError } from '../identity/accounts/account-error.ts';
import { API_ERRORS, ApiError } from './api-error.ts';

/** What the caller is told of a command that failed; undefined where that is a fault of the gateway. */
export function toApiError(err: unknown): ApiError | undefined {
  if (err instanceof ApiError) return err;
  if (err instanceof BodyError) return new ApiError(err.code, err.message);
  // Too many passwords are being hashed: the other refusals are of requests that clients make.
  if (err instanceof AccountError) return new ApiError('unavailable', err.message);
  if (!(err instanceof OutcryError)) return undefined;
  if (err instanceof UnwritableError) {
    return new ApiError(
      'unavailable',
      `nothing can be stored now (${err.reason}); try again later; whoever publishes, with the same idempotency key`,
    );
  }
  return new ApiError(
    'unavailable',
    'Redis did not answer in time; try again; whoever publishes, with the same idempotency key',
  );
}

/** The body of a refusal. */
export function describeApiError({ code, message, path }: ApiError): unknown {
  return { error: { code, message, retryable: API_ERRORS[code].isRetryable, path } };
}
