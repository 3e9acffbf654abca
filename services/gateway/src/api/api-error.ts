/** Every way in which the server API refuses: its HTTP status, and whether the same request may succeed later. */
export const API_ERRORS = {
  malformed: { status: 400, isRetryable: false },
  unauthorized: { status: 401, isRetryable: false },
  forbidden: { status: 403, isRetryable: false },
  notFound: { status: 404, isRetryable: false },
  noPresence: { status: 404, isRetryable: false },
  noArchive: { status: 404, isRetryable: false },
  noTraces: { status: 404, isRetryable: false },
  noLanguage: { status: 404, isRetryable: false },
  methodNotAllowed: { status: 405, isRetryable: false },
  bodyTooLarge: { status: 413, isRetryable: false },
  dataTooLarge: { status: 422, isRetryable: false },
  answerTooLarge: { status: 422, isRetryable: false },
  searchTooCostly: { status: 422, isRetryable: false },
  tooManySearches: { status: 429, isRetryable: true },
  tooManyTraced: { status: 429, isRetryable: true },
  rateLimited: { status: 429, isRetryable: true },
  internal: { status: 500, isRetryable: false },
  unavailable: { status: 503, isRetryable: true },
} as const;

export type ApiErrorCode = keyof typeof API_ERRORS;

/** A command that is refused as a whole: nothing of it has happened, except for `unavailable`, after which it may have. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: ApiErrorCode;
  /** The place in the body, such as `commands[2].params.room`. */
  readonly path: string | undefined;

  constructor(code: ApiErrorCode, message: string, path?: string) {
    super(message);
    this.code = code;
    this.path = path;
  }
}
