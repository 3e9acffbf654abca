import { DEFAULT_DECODE_LIMITS, Encoding, FORBIDDEN_KEYS } from '@outcry/protocol';

import { OutcryError } from '../primitives/errors.ts';

const { maxDepth, maxArrayLength, maxMapLength, maxStringBytes } = DEFAULT_DECODE_LIMITS;
/** UTF-8 of one UTF-16 unit, at most. */
const MAX_BYTES_PER_UNIT = 3;
/** JSON has base64 for bytes, four characters for three. */
const MAX_JSON_BYTES = Math.floor(maxStringBytes / 4) * 3;
/** From here on, `JSON.stringify` writes whole numbers with an exponent: as floats, which they may be. */
const MIN_EXPONENT = 1e21;
/** `isWellFormed`, which not every browser has: with the `u` flag, a whole pair is one character. */
const LONE_SURROGATE = /\p{Surrogate}/u;
const utf8 = new TextEncoder();

/**
 * Refuses what would make the gateway end the session (docs/PROTOCOL.md §7).
 *
 * @throws OutcryError `invalidData`, which says what was expected
 */
export function checkPayload(data: unknown, encoding: Encoding, depth = 0): void {
  if (data instanceof Uint8Array && encoding === Encoding.Json && data.length > MAX_JSON_BYTES) {
    refuse(`expected at most ${String(MAX_JSON_BYTES)} bytes in one value over JSON`);
  }
  if (typeof data === 'string') checkText(data);
  if (typeof data === 'number' && encoding === Encoding.Json) checkNumber(data);
  if (depth === 0 && data === undefined) refuse('expected a value, or null for none');
  if (typeof data !== 'object' || data === null || data instanceof Uint8Array || 'toJSON' in data) return;
  if (depth >= maxDepth) refuse(`expected at most ${String(maxDepth)} arrays and objects within each other`);
  const entries: [string, unknown][] = Object.entries(data);
  const maxEntries = Array.isArray(data) ? maxArrayLength : maxMapLength;
  if (entries.length > maxEntries) refuse(`expected at most ${String(maxEntries)} entries`);
  for (const [key, value] of entries) {
    if (!Array.isArray(data)) checkText(key);
    if (FORBIDDEN_KEYS.has(key)) refuse(`expected another key than ${key}`);
    checkPayload(value, encoding, depth + 1);
  }
}

/** JSON has one form for integers and whole floats: it would be taken for an integer that was rounded. */
function checkNumber(value: number): void {
  if (!Number.isInteger(value) || Number.isSafeInteger(value) || Math.abs(value) >= MIN_EXPONENT) return;
  refuse('expected whole numbers within ±(2^53-1) over JSON, or a string');
}

function checkText(text: string): void {
  if (LONE_SURROGATE.test(text)) refuse('expected strings without halves of surrogate pairs');
  if (text.length * MAX_BYTES_PER_UNIT > maxStringBytes && utf8.encode(text).length > maxStringBytes) {
    refuse(`expected strings of at most ${String(maxStringBytes)} bytes of UTF-8`);
  }
}

function refuse(expected: string): never {
  throw new OutcryError('invalidData', `data: ${expected}`);
}
