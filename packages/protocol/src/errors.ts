import type { ErrorCodeName } from './error-codes.ts';
import type { RequestId } from './schema.ts';

/** The bytes are not a frame. The session ends with `malformed`. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
}

export interface RequestErrorOptions {
  readonly id?: RequestId | undefined;
  readonly retryInMs?: number | undefined;
  readonly cause?: unknown;
}

/** The request is refused; the session lives on. `message` reaches the client and says what was expected. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  readonly code: ErrorCodeName;
  readonly id: RequestId | undefined;
  /** When it is worth trying again, where that is known. */
  readonly retryInMs: number | undefined;

  constructor(code: ErrorCodeName, message: string, options: RequestErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.id = options.id;
    this.retryInMs = options.retryInMs;
  }
}
