import { type DecodeLimits, FORBIDDEN_KEYS } from '../decode-limits.ts';
import { ProtocolError } from '../errors.ts';
import { isWithinBytes } from '../utf8-length.ts';

/**
 * Refuses what JSON allows and a frame's values do not: the same limits as for msgpack input. Returns whether there is a number
 * past ±(2^53-1), of which only the text can tell whether it was written as an integer: see `checkIntegers`.
 *
 * @throws ProtocolError which says what breaks which limit
 */
export function checkJsonValue(value: unknown, limits: DecodeLimits, depth = 0): boolean {
  if (typeof value === 'string') checkText(value, limits);
  if (typeof value === 'number') return isWide(value);
  if (typeof value !== 'object' || value === null) return false;
  const isArray = Array.isArray(value);
  const entries: [string, unknown][] = Object.entries(value);
  const maxLength = isArray ? limits.maxArrayLength : limits.maxMapLength;
  if (entries.length > maxLength) {
    throw new ProtocolError(`an array or object has more than ${String(maxLength)} entries`);
  }
  if (depth >= limits.maxDepth) {
    throw new ProtocolError(`arrays and objects are nested deeper than ${String(limits.maxDepth)}`);
  }
  let hasWide = false;
  for (const [key, item] of entries) {
    if (!isArray) {
      if (FORBIDDEN_KEYS.has(key)) throw new ProtocolError(`the key ${key} is not allowed`);
      checkText(key, limits);
    }
    if (checkJsonValue(item, limits, depth + 1)) hasWide = true;
  }
  return hasWide;
}

function isWide(value: number): boolean {
  if (value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER) return false;
  // JSON.parse makes Infinity of 1e400.
  if (!Number.isFinite(value)) throw new ProtocolError('a number must be finite');
  return true;
}

/** UTF-8 has no halves of surrogate pairs, so it is escapes that bring them. */
function checkText(text: string, limits: DecodeLimits): void {
  if (!text.isWellFormed()) throw new ProtocolError('a string has half a surrogate pair: expected valid Unicode');
  if (!isWithinBytes(text, limits.maxStringBytes)) throw new ProtocolError('a string is too long');
}
