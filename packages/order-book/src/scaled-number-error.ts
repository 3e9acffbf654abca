/** `malformed`: not a decimal; `tooPrecise`: more non-zero decimals than the scale has; `tooLarge`: past 2^53 - 1. */
export type ScaledNumberErrorCode = 'malformed' | 'tooPrecise' | 'tooLarge';

/** The text cannot be told as an integer of that scale without losing something. */
export class ScaledNumberError extends Error {
  override readonly name = 'ScaledNumberError';
  readonly code: ScaledNumberErrorCode;

  constructor(code: ScaledNumberErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
