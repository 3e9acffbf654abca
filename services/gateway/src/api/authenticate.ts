import { ApiKeys } from '@outcry/service';

import { ApiError } from './api-error.ts';
import { type ApiKey, type Bearer, bearerOf } from './bearer.ts';

/**
 * Finds out who presents a token, whichever way it came.
 *
 * @throws ApiError `rateLimited`, `unauthorized`
 */
export type Authenticate = (token: string | undefined) => Promise<Bearer>;

/** One for all ways in: wrong keys count together. */
export function createAuthenticate(given: readonly ApiKey[]): Authenticate {
  const keys = new ApiKeys(given.map(({ key }) => key));
  const bearers = given.map(bearerOf);
  const find = (token: string | undefined): Bearer => {
    const found = keys.find(token);
    const bearer = typeof found === 'number' ? bearers[found] : undefined;
    if (bearer !== undefined) return bearer;
    if (found === 'rateLimited') throw new ApiError('rateLimited', 'too many wrong keys');
    throw new ApiError('unauthorized', 'an API key is needed: Authorization: Bearer <key>');
  };
  return async (token) => Promise.resolve(find(token));
}
