import { ApiKeys } from '@outcry/service';

import { OperatorRefusal } from '../operators/operator.ts';
import type { SignIn } from '../operators/sign-in.ts';
import { ApiError } from './api-error.ts';
import { type ApiKey, type Bearer, bearerOf, bearerOfOperator } from './bearer.ts';

/**
 * Finds out who presents a token, whichever way it came.
 *
 * @throws ApiError `rateLimited`, `unauthorized`; `forbidden` where it is somebody who has no right here, `unavailable` where nobody
 * can tell yet
 */
export type Authenticate = (token: string | undefined) => Promise<Bearer>;

/** What is no key may be an ID token: three parts of base64url. */
const ID_TOKEN = /^[\w-]+\.[\w-]+\.[\w-]*$/;
const NEEDED = 'an API key is needed: Authorization: Bearer <key>';
const NEEDED_OF_EITHER = 'an API key or an ID token is needed: Authorization: Bearer <key>';

/** One for all ways in: wrong keys and tokens count together. */
export function createAuthenticate(given: readonly ApiKey[], signIn?: Pick<SignIn, 'find'>): Authenticate {
  const keys = new ApiKeys(given.map(({ key }) => key));
  const bearers = given.map(bearerOf);
  const find = (token: string | undefined): Bearer => {
    const bearer = bearers[keys.indexOf(token)];
    if (bearer !== undefined) return bearer;
    const found = token !== undefined && ID_TOKEN.test(token) ? signIn?.find(token) : undefined;
    if (found?.operator !== undefined) return bearerOfOperator(found.operator);
    throw refusalOf(found?.refusal, { keys, needed: signIn === undefined ? NEEDED : NEEDED_OF_EITHER });
  };
  return async (token) => Promise.resolve(find(token));
}

interface RefusalParts {
  readonly keys: Pick<ApiKeys, 'refuse'>;
  readonly needed: string;
}

/** Of a token, only what its holder may know anyway is told. */
function refusalOf(refusal: OperatorRefusal | undefined, { keys, needed }: RefusalParts): ApiError {
  switch (refusal) {
    case OperatorRefusal.NoRole:
      return new ApiError(
        'forbidden',
        'none of your roles lets you in: OUTCRY_CONSOLE_OIDC_ACT_ROLES and OUTCRY_CONSOLE_OIDC_READ_ROLES name those that do',
      );
    case OperatorRefusal.KeyToCome:
      // Anybody can make up the name of a key: it counts as wrong until it is there.
      if (keys.refuse() === 'rateLimited') return new ApiError('rateLimited', 'too many wrong keys');
      return new ApiError('unavailable', 'the key that this token was signed with is not known yet; try again');
    default:
      if (keys.refuse() === 'rateLimited') return new ApiError('rateLimited', 'too many wrong keys');
      return new ApiError('unauthorized', refusal === undefined ? needed : wordsFor(refusal));
  }
}

function wordsFor(refusal: OperatorRefusal): string {
  if (refusal === OperatorRefusal.Expired) return 'this token has ended';
  return `this token lets nobody in (${refusal}): docs/CONSOLE.md says which one does`;
}
