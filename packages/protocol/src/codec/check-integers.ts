import { ProtocolError } from '../errors.ts';

/** 2^53 has sixteen digits. What stands in a string follows a quotation mark mostly, and is passed over here already. */
const MAYBE_WIDE = /[\s:,[-]\d{16}/;
/** A whole string, or a whole number: a run of digits may belong to either. */
const STRING_OR_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/g;
const INTEGER = /^-?\d+$/;

/**
 * Refuses JSON with an integer that `JSON.parse` has rounded, or may have: one past ±(2^53-1) that is written without a point
 * and an exponent. `text` is valid JSON.
 *
 * @throws ProtocolError which says what was expected
 */
export function checkIntegers(text: string): void {
  if (!MAYBE_WIDE.test(text)) return;
  for (const [token] of text.matchAll(STRING_OR_NUMBER)) {
    if (INTEGER.test(token) && !Number.isSafeInteger(Number(token))) {
      throw new ProtocolError('an integer is past 2^53: expected one within ±(2^53-1), or a string');
    }
  }
}
