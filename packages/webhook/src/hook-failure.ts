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

/** The message is for the log, in words. */
export class HookFailure extends Error {
  readonly kind: FailureKind;
  /** That the server answered with, where it is what failed. */
  readonly status: number | undefined;

  constructor(kind: FailureKind, message: string, options?: ErrorOptions & { readonly status?: number }) {
    super(message, options);
    this.name = 'HookFailure';
    this.kind = kind;
    this.status = options?.status;
  }
}
