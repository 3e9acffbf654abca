import type { ErrorCodeName } from './error-codes.ts';
import type { RequestId } from './schema.ts';

/** The bytes are not a frame. The session ends with `malformed`. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
}

/** The request is refused; the session lives on. `message` reaches the client and says what was expected. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  readonly code: ErrorCodeName;
  readonly id: RequestId | undefined;

  constructor(code: ErrorCodeName, message: string, options: { id?: RequestId | undefined; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.id = options.id;
  }
}
