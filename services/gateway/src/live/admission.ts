import { CLOSE_CODES, type CloseCode, isAssignableUserName } from '@outcry/protocol';
import type { Logger } from '@outcry/service';

import { type ApiErrorCode, ApiError } from '../api/api-error.ts';
import type { Authenticate } from '../api/authenticate.ts';
import type { Bearer } from '../api/bearer.ts';
import { toApiError } from '../api/to-api-error.ts';

/** What a socket is closed with whose key lets nobody in. */
const CLOSES: Partial<Record<ApiErrorCode, CloseCode>> = {
  unauthorized: CLOSE_CODES.unauthenticated,
  forbidden: CLOSE_CODES.refused,
  rateLimited: CLOSE_CODES.rateLimited,
  unavailable: CLOSE_CODES.undecided,
};

/** Who looks, or why they may not. */
export type Admission =
  | { readonly bearer: Bearer; readonly error?: undefined }
  | { readonly bearer?: undefined; readonly error: ApiError; readonly closeCode: CloseCode };

export interface AdmissionParts {
  readonly authenticate: Authenticate;
  readonly logger: Pick<Logger, 'error'>;
}

/** Never rejects. */
export async function admit(token: string, { authenticate, logger }: AdmissionParts): Promise<Admission> {
  try {
    return { bearer: await authenticate(token) };
  } catch (err) {
    const error = toApiError(err);
    if (error === undefined) logger.error({ err }, 'key not judged');
    return {
      error: error ?? new ApiError('internal', 'a fault of the gateway; its log says more'),
      closeCode: (error && CLOSES[error.code]) ?? CLOSE_CODES.internalError,
    };
  }
}

/** As the protocol names users: what an identity provider calls somebody may be no such name. */
export function userOf({ name }: Bearer): string {
  return isAssignableUserName(name) ? name : 'operator';
}
