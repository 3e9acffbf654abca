import { Encoding, MAX_PAYLOAD_DEPTH, reachesPrototype } from '@outcry/protocol';

import { OutcryError } from '../primitives/errors.ts';

/** From here on, `JSON.stringify` writes whole numbers with an exponent: as floats, which they may be. */
const MIN_EXPONENT = 1e21;
/** `isWellFormed`, which not every browser has: with the `u` flag, a whole pair is one character. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * Refuses what the gateway would refuse (docs/PROTOCOL.md §7), before it is sent.
 *
 * @throws OutcryError `invalidData`, which says what was expected
 */
export function checkPayload(data: unknown, encoding: Encoding): void {
  if (data === undefined) refuse('expected a value, or null for none');
  checkValue(data, encoding, { depth: 0, key: undefined });
}

/** Where a value stands: how many arrays and objects are around it, and under which key. */
interface Place {
  readonly depth: number;
  readonly key: string | undefined;
}

function checkValue(data: unknown, encoding: Encoding, { depth, key: around }: Place): void {
  if (typeof data === 'string') checkText(data);
  if (typeof data === 'number' && encoding === Encoding.Json) checkNumber(data);
  if (typeof data !== 'object' || data === null || data instanceof Uint8Array || 'toJSON' in data) return;
  if (depth >= MAX_PAYLOAD_DEPTH)
    refuse(`expected at most ${String(MAX_PAYLOAD_DEPTH)} arrays and objects within each other`);
  const isArray = Array.isArray(data);
  for (const [key, value] of Object.entries(data) as [string, unknown][]) {
    if (!isArray) checkText(key);
    if (!isArray && reachesPrototype(key, around)) refuse(`expected another key than ${key}`);
    checkValue(value, encoding, { depth: depth + 1, key: isArray ? undefined : key });
  }
}

/** JSON has one form for integers and whole floats: it would be taken for an integer that was rounded. */
function checkNumber(value: number): void {
  if (!Number.isInteger(value) || Number.isSafeInteger(value) || Math.abs(value) >= MIN_EXPONENT) return;
  refuse('expected whole numbers within ±(2^53-1) over JSON, or a string');
}

function checkText(text: string): void {
  if (LONE_SURROGATE.test(text)) refuse('expected strings without halves of surrogate pairs');
}

function refuse(expected: string): never {
  throw new OutcryError('invalidData', `data: ${expected}`);
}
