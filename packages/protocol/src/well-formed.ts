const HALF_A_PAIR = /\p{Surrogate}/u;

/** Whether a text is valid Unicode: `isWellFormed`, which not every browser has. With the `u` flag, a whole pair is one character. */
export function isWellFormed(text: string): boolean {
  return typeof text.isWellFormed === 'function' ? text.isWellFormed() : !HALF_A_PAIR.test(text);
}
