export type OutcryErrorCode = 'unavailable' | 'closed' | 'badConfig' | 'badFeed' | 'fenced';

/** A fault of operation. `message` is one line for an operator; `cause` holds what lies beneath. */
export class OutcryError extends Error {
  override readonly name = 'OutcryError';
  readonly code: OutcryErrorCode;

  constructor(code: OutcryErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
