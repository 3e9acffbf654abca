import { ERROR_CODES, type ErrorCodeName } from '@outcry/protocol';

/**
 * Why something failed: an error code of the wire (docs/PROTOCOL.md §9), or one of the client's own.
 *
 * - `timedOut`: no answer within the time limit
 * - `disconnected`: the connection was lost, and what was asked makes no sense on another
 * - `closed`: the client is closed, by `close()` or by a close code after which a client does not come back
 * - `noSocket`: no WebSocket can be opened here: a page that may not connect there, or a platform without one
 * - `left`: the room was left, or the book let go, before there was an answer; or the operator's server took this client out of the room
 * - `queueFull`: as much waits for an answer or for a connection as may
 * - `tooBig`: more bytes than the gateway takes in one frame
 * - `invalidData`: a payload that the wire or the room's schema does not allow
 * - `undecryptable`: a payload that the room's keys do not open
 * - `overflow`: an iteration fell behind by more than its buffer holds
 * - `refused`: for a reason that this version of the client does not know
 * - `alreadyOpen`: this room or book is open already
 */
export type OutcryErrorCode =
  | ErrorCodeName
  | 'timedOut'
  | 'disconnected'
  | 'closed'
  | 'noSocket'
  | 'left'
  | 'queueFull'
  | 'tooBig'
  | 'invalidData'
  | 'undecryptable'
  | 'overflow'
  | 'refused'
  | 'alreadyOpen';

export interface OutcryErrorOptions {
  readonly isRetryable?: boolean;
  readonly mayBeStored?: boolean;
  readonly closeCode?: number | undefined;
  readonly retryInMs?: number | undefined;
  readonly cause?: unknown;
}

/** Everything that this client rejects or throws with. Branch on `code`; `message` is for people. */
export class OutcryError extends Error {
  override readonly name = 'OutcryError';
  readonly code: OutcryErrorCode;
  /** Whether the same may succeed when it is tried again later. */
  readonly isRetryable: boolean;
  /**
   * Of a publish: whether the gateway may have taken the message all the same. Repeat it under the same `key` to find out.
   * Of a call: whether the operator's server may have been asked.
   */
  readonly mayBeStored: boolean;
  /** The WebSocket close code, where one was the cause. */
  readonly closeCode: number | undefined;
  /** After so long, in milliseconds, the gateway wants to be asked again at the earliest; undefined where it did not say. */
  readonly retryInMs: number | undefined;

  constructor(code: OutcryErrorCode, message: string, options: OutcryErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.isRetryable = options.isRetryable ?? false;
    this.mayBeStored = options.mayBeStored ?? false;
    this.closeCode = options.closeCode;
    this.retryInMs = options.retryInMs;
  }
}

/** What an `error` frame says. */
export function toOutcryError(
  frame: {
    readonly code: string;
    readonly message: string;
    readonly retryable: boolean;
    readonly retryInMs?: number | undefined;
  },
  options: OutcryErrorOptions = {},
): OutcryError {
  const code = isErrorCode(frame.code) ? frame.code : 'refused';
  const { message, retryable: isRetryable, retryInMs } = frame;
  return new OutcryError(code, message, { isRetryable, retryInMs, ...options });
}

/** What somebody else's error says; empty where that is nothing. */
export function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : '';
}

function isErrorCode(code: string): code is ErrorCodeName {
  return Object.hasOwn(ERROR_CODES, code);
}
