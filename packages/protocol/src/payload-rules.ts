/** Nesting of arrays and maps inside a payload; a scalar has depth 0. Its bytes are bounded by those of its frame, and nothing else is. */
export const MAX_PAYLOAD_DEPTH = 32;

/** What is said of a payload that breaks a rule, in both encodings alike. */
export const EXPECTED_IN_PAYLOAD = {
  depth: `expected at most ${String(MAX_PAYLOAD_DEPTH)} arrays and objects within each other`,
  integer: 'expected integers within ±(2^53-1): write another as a string, or with an exponent',
  finite: 'expected a finite number',
  text: 'expected valid Unicode, without halves of surrogate pairs',
  key: 'expected keys that are strings, and lead to no prototype',
  type: 'expected nil, bool, int, float, str, bin, array or map',
} as const;

/**
 * Whether a key would reach the prototype of all objects in a receiver that copies entry by entry: `__proto__`, and the
 * `prototype` in a `constructor`. Either of those two words by itself is a word.
 *
 * @param around the key of the map that the key stands in
 */
export function reachesPrototype(key: string, around: string | undefined): boolean {
  return key === '__proto__' || (key === 'prototype' && around === 'constructor');
}
