import { MsgpackWriter } from './msgpack-writer.ts';

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
