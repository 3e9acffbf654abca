/** Why a request about an account is refused: its HTTP status and what the body says. */
export const ACCOUNT_ERRORS = {
  malformed: { status: 400, retryable: false },
  /** The name or the password is wrong; which of the two is not told. */
  badCredentials: { status: 401, retryable: false },
  nameTaken: { status: 409, retryable: false },
  bodyTooLarge: { status: 413, retryable: false },
  rateLimited: { status: 429, retryable: true },
  unavailable: { status: 503, retryable: true },
  internal: { status: 500, retryable: false },
} as const;
export type AccountErrorCode = keyof typeof ACCOUNT_ERRORS;

const RETRY_AFTER_SECONDS = 5;

export class AccountError extends Error {
  override readonly name = 'AccountError';
  readonly code: AccountErrorCode;
  /** When to try again; undefined where it is no use. */
  readonly retryAfterSeconds: number | undefined;

  constructor(code: AccountErrorCode, message: string, retryAfterSeconds = RETRY_AFTER_SECONDS) {
    super(message);
    this.code = code;
    this.retryAfterSeconds = ACCOUNT_ERRORS[code].retryable ? retryAfterSeconds : undefined;
  }
}
