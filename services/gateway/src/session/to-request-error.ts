import { OutcryError, UnwritableError } from '@outcry/broker';
import { RequestError } from '@outcry/protocol';

/** What a client is told of a request that failed; undefined where the failure is no answer but a fault of the gateway. */
export function toRequestError(err: unknown): RequestError | undefined {
  if (err instanceof RequestError) return err;
  if (!(err instanceof OutcryError) || (err.code !== 'unavailable' && err.code !== 'notBegun')) return undefined;
  if (err instanceof UnwritableError) {
    return new RequestError('unavailable', `nothing can be stored now (${err.reason}); try again later`, {
      cause: err,
    });
  }
  return new RequestError('unavailable', 'the broker did not take the request in time; try again', { cause: err });
}
