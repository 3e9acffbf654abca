export interface ErrorCode {
  readonly code: string;
  /** Whether the same request may succeed when it is repeated later. */
  readonly isRetryable: boolean;
}

/** Every `code` of an `error` frame. An error answers one request and never ends the session. */
export const ERROR_CODES = {
  /** A field is missing or not of its kind; the message names it and says what was expected. */
  badRequest: { code: 'badRequest', isRetryable: false },
  /** The frame's type (msgpack: tag) is not of this protocol version. */
  unknownType: { code: 'unknownType', isRetryable: false },
  /** The session may not do this here; said of rooms that do not exist, too. */
  forbidden: { code: 'forbidden', isRetryable: false },
  /** The token was refused; the session keeps the identity it had. */
  unauthenticated: { code: 'unauthenticated', isRetryable: false },
  /** The request needs membership of the room first. */
  notJoined: { code: 'notJoined', isRetryable: false },
  /** The session is in as many rooms, or watches as many books, as it may; its user or address has too many connections, or has stored as much as it may. */
  limitReached: { code: 'limitReached', isRetryable: false },
  /** Frames, or connections of an address, come faster than they may; slow down or be disconnected. */
  rateLimited: { code: 'rateLimited', isRetryable: true },
  /** No book of this symbol, or not at this depth or interval; the message names the choices. */
  unknownSymbol: { code: 'unknownSymbol', isRetryable: false },
  /** The broker did not take the request in time, or can store nothing now; it may be repeated, with the same `key`. */
  unavailable: { code: 'unavailable', isRetryable: true },
} as const satisfies Record<string, ErrorCode>;

export type ErrorCodeName = keyof typeof ERROR_CODES;
