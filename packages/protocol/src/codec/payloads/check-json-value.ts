import { EXPECTED_IN_PAYLOAD, MAX_PAYLOAD_DEPTH, reachesPrototype } from '../../payload-rules.ts';
import { ValueFault } from '../values/value-fault.ts';

/**
 * Refuses what JSON allows and a payload does not: the same rules as for msgpack input. Returns whether there is a number
 * past ±(2^53-1), of which only the text can tell whether it was written as an integer: see `findWideInteger`.
 *
 * @throws ValueFault which says what breaks which rule
 */
export function checkJsonValue(value: unknown): boolean {
  return checkAt(value, 0, undefined);
}

/** `depth` counts the arrays and objects around the value; `key` is its own, where it has one. */
function checkAt(value: unknown, depth: number, key: string | undefined): boolean {
  if (typeof value === 'string') checkText(value);
  if (typeof value === 'number') return isWide(value);
  if (typeof value !== 'object' || value === null) return false;
  if (depth >= MAX_PAYLOAD_DEPTH) throw new ValueFault(EXPECTED_IN_PAYLOAD.depth);
  return Array.isArray(value) ? checkItems(value, depth) : checkEntries(value, depth, key);
}

function checkItems(items: readonly unknown[], depth: number): boolean {
  let hasWide = false;
  let index = 0;
  try {
    for (; index < items.length; index++) if (checkAt(items[index], depth + 1, undefined)) hasWide = true;
  } catch (err) {
    throw err instanceof ValueFault ? err.within(index) : err;
  }
  return hasWide;
}

function checkEntries(object: object, depth: number, around: string | undefined): boolean {
  let hasWide = false;
  for (const [key, item] of Object.entries(object) as [string, unknown][]) {
    try {
      checkText(key);
      if (reachesPrototype(key, around)) throw new ValueFault(EXPECTED_IN_PAYLOAD.key);
      if (checkAt(item, depth + 1, key)) hasWide = true;
    } catch (err) {
      throw err instanceof ValueFault ? err.within(key) : err;
    }
  }
  return hasWide;
}

function isWide(value: number): boolean {
  if (value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER) return false;
  // JSON.parse makes Infinity of 1e400.
  if (!Number.isFinite(value)) throw new ValueFault(EXPECTED_IN_PAYLOAD.finite);
  return true;
}

/** UTF-8 has no halves of surrogate pairs, so it is escapes that bring them. */
function checkText(text: string): void {
  if (!text.isWellFormed()) throw new ValueFault(EXPECTED_IN_PAYLOAD.text);
}
