export type OutcryErrorCode = 'unavailable' | 'closed' | 'badConfig' | 'badFeed' | 'fenced' | 'notBegun';

/** A fault of operation. `message` is one line for an operator; `cause` holds what lies beneath. */
export class OutcryError extends Error {
  override readonly name = 'OutcryError';
  readonly code: OutcryErrorCode;

  constructor(code: OutcryErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** What was to be stored was refused, and nothing of it has happened: the storage is there, but full, or takes no writes. */
export class UnwritableError extends OutcryError {
  /** Fit for clients: without names and addresses. */
  readonly reason: string;

  constructor(reason: string, message: string) {
    super('unavailable', message);
    this.reason = reason;
  }
}
