import { type DecodeLimits, FORBIDDEN_KEYS } from '../decode-limits.ts';
import { ProtocolError } from '../errors.ts';
import { isWithinBytes } from './utf8-length.ts';

/** Refuses what JSON allows and a frame's values do not: the same limits as for msgpack input. */
export function checkJsonValue(value: unknown, limits: DecodeLimits, depth = 0): void {
  if (typeof value === 'string') {
    checkStringBytes(value, limits);
    return;
  }
  // JSON.parse makes Infinity of 1e400.
  if (typeof value === 'number' && !Number.isFinite(value)) throw new ProtocolError('a number must be finite');
  if (typeof value !== 'object' || value === null) return;
  const isArray = Array.isArray(value);
  const entries: [string, unknown][] = Object.entries(value);
  const maxLength = isArray ? limits.maxArrayLength : limits.maxMapLength;
  if (entries.length > maxLength) {
    throw new ProtocolError(`an array or object has more than ${String(maxLength)} entries`);
  }
  if (depth >= limits.maxDepth) {
    throw new ProtocolError(`arrays and objects are nested deeper than ${String(limits.maxDepth)}`);
  }
  for (const [key, item] of entries) {
    if (!isArray) {
      if (FORBIDDEN_KEYS.has(key)) throw new ProtocolError(`the key ${key} is not allowed`);
      checkStringBytes(key, limits);
    }
    checkJsonValue(item, limits, depth + 1);
  }
}

function checkStringBytes(text: string, limits: DecodeLimits): void {
  if (!isWithinBytes(text, limits.maxStringBytes)) throw new ProtocolError('a string is too long');
}
