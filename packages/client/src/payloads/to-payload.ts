import { EXPECTED_IN_PAYLOAD, isWellFormed, MAX_PAYLOAD_DEPTH, reachesPrototype, ValueFault } from '@outcry/protocol';

import { describe } from '../primitives/check.ts';
import { OutcryError } from '../primitives/errors.ts';

/** From here on, `JSON.stringify` writes whole numbers with an exponent: as floats, which they may be. */
const MIN_EXPONENT = 1e21;

/** Where a value stands in its payload. */
interface Place {
  readonly depth: number;
  /** Its key or index; empty at the top. */
  readonly key: string;
}

/**
 * A copy of a payload with nothing in it but what the wire carries, in both encodings alike: what is checked is what is sent,
 * whatever getters and `toJSON` give, and whatever becomes of the payload later. Buffers and views of bytes become bytes.
 *
 * @throws OutcryError `invalidData`, which says where what was expected
 */
export function toPayload(data: unknown): unknown {
  try {
    const payload = copy(data, { depth: 0, key: '' });
    if (payload === undefined) throw new ValueFault('expected a value, or null for none');
    return payload;
  } catch (cause) {
    if (cause instanceof ValueFault) throw new OutcryError('invalidData', cause.describe('data'));
    throw new OutcryError('invalidData', 'data: expected what can be read', { cause });
  }
}

function copy(given: unknown, place: Place): unknown {
  const bytes = toBytes(given);
  if (bytes !== undefined) return bytes;
  const value = toJsonForm(given, place.key);
  switch (typeof value) {
    case 'string':
      checkText(value);
      return value;
    case 'number':
      checkNumber(value);
      // No encoding has a zero below zero.
      return value + 0;
    case 'boolean':
    case 'undefined':
      return value;
    default:
      return value === null ? null : (toBytes(value) ?? copyEntries(value, place));
  }
}

function copyEntries(value: unknown, { depth, key: around }: Place): unknown {
  const isList = Array.isArray(value);
  if (!isList && Object.prototype.toString.call(value) !== '[object Object]') {
    throw new ValueFault(`expected a value that JSON has, or bytes, not ${describe(value)}`);
  }
  if (depth >= MAX_PAYLOAD_DEPTH) throw new ValueFault(EXPECTED_IN_PAYLOAD.depth);
  return isList ? copyList(value, depth) : copyObject(value as Readonly<Record<string, unknown>>, depth, around);
}

function copyList(list: readonly unknown[], depth: number): unknown[] {
  return Array.from(list, (given, index) =>
    inStep(index, () => {
      const item = copy(given, { depth: depth + 1, key: String(index) });
      if (item === undefined) throw new ValueFault('expected a value, or null for none');
      return item;
    }),
  );
}

/** As in JSON, what is undefined is left out. */
function copyObject(object: Readonly<Record<string, unknown>>, depth: number, around: string): Record<string, unknown> {
  const entries: Record<string, unknown> = {};
  for (const key of Object.keys(object)) {
    const item = inStep(key, () => {
      checkText(key);
      if (reachesPrototype(key, around)) throw new ValueFault(EXPECTED_IN_PAYLOAD.key);
      return copy(object[key], { depth: depth + 1, key });
    });
    if (item !== undefined) entries[key] = item;
  }
  return entries;
}

function inStep<T>(step: string | number, take: () => T): T {
  try {
    return take();
  } catch (error) {
    throw error instanceof ValueFault ? error.within(step) : error;
  }
}

/** As `JSON.stringify` asks for it: once. */
function toJsonForm(value: unknown, key: string): unknown {
  if ((typeof value !== 'object' && typeof value !== 'bigint') || value === null) return value;
  const { toJSON } = value as { readonly toJSON?: unknown };
  return typeof toJSON === 'function' ? (toJSON.call(value, key) as unknown) : value;
}

/** Memory of any kind whose elements are bytes, as bytes of its own. */
function toBytes(value: unknown): Uint8Array | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (ArrayBuffer.isView(value)) {
    const { BYTES_PER_ELEMENT: size = 1 } = value as { readonly BYTES_PER_ELEMENT?: number };
    return size === 1 ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice() : undefined;
  }
  const isBuffer = /^\[object (Shared)?ArrayBuffer\]$/.test(Object.prototype.toString.call(value));
  return isBuffer ? new Uint8Array(value as ArrayBuffer).slice() : undefined;
}

/** JSON has one form for integers and whole floats: it would be taken for an integer that was rounded. */
function checkNumber(value: number): void {
  if (!Number.isFinite(value)) throw new ValueFault(EXPECTED_IN_PAYLOAD.finite);
  if (!Number.isInteger(value) || Number.isSafeInteger(value) || Math.abs(value) >= MIN_EXPONENT) return;
  throw new ValueFault(EXPECTED_IN_PAYLOAD.integer);
}

function checkText(text: string): void {
  if (!isWellFormed(text)) throw new ValueFault(EXPECTED_IN_PAYLOAD.text);
}
