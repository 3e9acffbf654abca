import { MsgpackWriter } from '../values/msgpack-writer.ts';

const writer = new MsgpackWriter();
/** A `toJSON` or a getter may encode something itself: that goes into another writer's memory. */
let isWriting = false;

/**
 * Encodes a JSON-like value as msgpack in its shortest form. Binary values stay binary; what else JSON lacks is treated as
 * `JSON.stringify` treats it. The result is a copy, the caller's to keep.
 */
export function encodePayload(value: unknown): Uint8Array {
  if (isWriting) return encodeWith(new MsgpackWriter(), value);
  isWriting = true;
  try {
    return encodeWith(writer, value);
  } finally {
    isWriting = false;
  }
}

function encodeWith(target: MsgpackWriter, value: unknown): Uint8Array {
  target.start();
  writeValue(target, value);
  return target.finish();
}

function writeValue(target: MsgpackWriter, value: unknown): void {
  switch (typeof value) {
    case 'string':
      target.string(value);
      return;
    case 'number':
      writeNumber(target, value);
      return;
    case 'boolean':
      target.bool(value);
      return;
    case 'object':
      writeObject(target, value);
      return;
    default:
      throw new TypeError(`a ${typeof value} cannot be sent`);
  }
}

function writeNumber(target: MsgpackWriter, value: number): void {
  if (Number.isSafeInteger(value)) target.int(value);
  else if (Number.isFinite(value)) target.float64(value);
  else target.nil();
}

function writeObject(target: MsgpackWriter, value: object | null): void {
  if (value === null) {
    target.nil();
  } else if (value instanceof Uint8Array) {
    target.binary(value);
  } else if (Array.isArray(value)) {
    target.arrayHeader(value.length);
    for (const item of value) writeValue(target, item ?? null);
  } else if (hasJsonForm(value)) {
    writeValue(target, value.toJSON());
  } else {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    target.mapHeader(entries.length);
    for (const [key, item] of entries) {
      target.string(key);
      writeValue(target, item);
    }
  }
}

/** Such as a `Date`. In what JSON.parse has made, `toJSON` can be a key but never a function. */
function hasJsonForm(value: object): value is { toJSON: () => unknown } {
  return 'toJSON' in value && typeof value.toJSON === 'function';
}
