import type { ClientFrame, ReceivedFrame } from '@outcry/protocol';

/** A request before the connection gives it its `id`. */
export type Request = ClientFrame<unknown>;

/** What the gateway sends, of one type. */
export type Received<T extends ReceivedFrame['type']> = Extract<ReceivedFrame, { type: T }>;

export type Answer = Received<'ack' | 'joined' | 'pong'>;

/** What a room or a book needs of the connection. */
export interface Requester {
  /** Resolves with the answer; rejects with a `RequestFailure`, also when the connection is lost or no answer comes. */
  request(request: Request): Promise<Answer>;
  /** Sends without waiting for an answer; does nothing while not connected. */
  notify(request: Request): void;
}

/** Why a request came to nothing: a code of the gateway, `disconnected` or `timedOut`. */
export class RequestFailure extends Error {
  override readonly name = 'RequestFailure';
  readonly code: string;
  readonly isRetryable: boolean;

  constructor(code: string, message: string, isRetryable: boolean) {
    super(message);
    this.code = code;
    this.isRetryable = isRetryable;
  }
}

/** For catch blocks, where anything may have been thrown. */
export function toRequestFailure(thrown: unknown): RequestFailure {
  return thrown instanceof RequestFailure ? thrown : new RequestFailure('unexpected', String(thrown), false);
}
