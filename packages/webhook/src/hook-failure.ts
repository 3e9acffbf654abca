/** Why a hook gave no answer that can be used. */
export const FailureKind = {
  /** As many questions as may wait for answers already do: nothing was asked. */
  Busy: 'busy',
  /** The breaker is open, or half-open and another question is its trial: nothing was asked. */
  Open: 'open',
  Deadline: 'deadline',
  Unreachable: 'unreachable',
  /** Another status than 200; a redirect is one. */
  Status: 'status',
  /** Too large, not JSON, or not what an answer has to be. */
  Invalid: 'invalid',
} as const;
export type FailureKind = (typeof FailureKind)[keyof typeof FailureKind];

export interface HookFailureOptions extends ErrorOptions {
  readonly status?: number;
  readonly isOfQuestion?: boolean;
}

/** The message is for the log, in words. */
export class HookFailure extends Error {
  readonly kind: FailureKind;
  /** That the server answered with, where it is what failed. */
  readonly status: number | undefined;
  /** The server is well, and says that of the question: whoever asks may be the only one to blame. */
  readonly isOfQuestion: boolean;

  constructor(kind: FailureKind, message: string, options: HookFailureOptions = {}) {
    super(message, options);
    this.name = 'HookFailure';
    this.kind = kind;
    this.status = options.status;
    this.isOfQuestion = options.isOfQuestion ?? false;
  }
}
