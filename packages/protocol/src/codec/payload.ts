import { Unpackr } from 'msgpackr';

import { type DecodeLimits, FORBIDDEN_KEYS } from '../decode-limits.ts';
import { ProtocolError } from '../errors.ts';
import { MsgpackWriter } from './msgpack-writer.ts';
import { isWithinBytes } from './utf8-length.ts';

const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true, int64AsType: 'number' });
const writer = new MsgpackWriter();

/**
 * Encodes a JSON-like value as msgpack in its shortest form. Binary values stay binary; what else JSON lacks is treated as
 * `JSON.stringify` treats it. The result is a copy, the caller's to keep.
 */
export function encodePayload(value: unknown): Uint8Array {
  writer.start();
  writeValue(value);
  return writer.finish();
}

/** Decodes msgpack that was validated when it came in. Binary values come back as `Uint8Array`. */
export function decodePayload(bytes: Uint8Array): unknown {
  return unpackr.unpack(bytes);
}

/** The JSON text of an encoded payload. Binary values, which JSON lacks, become base64 strings. */
export function payloadToJson(bytes: Uint8Array): string {
  return stringifyPayload(decodePayload(bytes));
}

/** `JSON.stringify`, with binary values as base64 strings. */
export function stringifyPayload(value: unknown): string {
  return JSON.stringify(value, binaryAsBase64);
}

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

function writeValue(value: unknown): void {
  switch (typeof value) {
    case 'string':
      writer.string(value);
      return;
    case 'number':
      writeNumber(value);
      return;
    case 'boolean':
      writer.bool(value);
      return;
    case 'object':
      writeObject(value);
      return;
    default:
      throw new TypeError(`a ${typeof value} cannot be sent`);
  }
}

function writeNumber(value: number): void {
  if (Number.isSafeInteger(value)) writer.int(value);
  else if (Number.isFinite(value)) writer.float64(value);
  else writer.nil();
}

function writeObject(value: object | null): void {
  if (value === null) {
    writer.nil();
  } else if (value instanceof Uint8Array) {
    writer.binary(value);
  } else if (Array.isArray(value)) {
    writer.arrayHeader(value.length);
    for (const item of value) writeValue(item ?? null);
  } else if (hasJsonForm(value)) {
    writeValue(value.toJSON());
  } else {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    writer.mapHeader(entries.length);
    for (const [key, item] of entries) {
      writer.string(key);
      writeValue(item);
    }
  }
}

/** Such as a `Date`. In what JSON.parse has made, `toJSON` can be a key but never a function. */
function hasJsonForm(value: object): value is { toJSON: () => unknown } {
  return 'toJSON' in value && typeof value.toJSON === 'function';
}

/** Buffer's own `toJSON` has run before a replacer sees the value, so it is looked up on the holder. */
function binaryAsBase64(this: unknown, key: string, value: unknown): unknown {
  const original = (this as Record<string, unknown>)[key];
  return original instanceof Uint8Array ? toBase64(original) : value;
}

function toBase64(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}
