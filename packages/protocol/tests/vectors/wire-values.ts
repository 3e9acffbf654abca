import { encode } from '@msgpack/msgpack';

/** Where a message stands in a trace. */
export const TRACEPARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

/** Bytes that stand in a frame as they are. */
export class Raw {
  readonly bytes: Uint8Array;

  constructor(hex: string) {
    this.bytes = Buffer.from(hex, 'hex');
  }
}

/** A field whose two encodings differ. */
export class Both {
  readonly json: unknown;
  readonly msgpack: unknown;

  constructor(json: unknown, msgpack: unknown) {
    this.json = json;
    this.msgpack = msgpack;
  }
}

/** Nine bytes, whatever the value: 0xcf and a big-endian 64-bit number. */
export function seq(value: number): Both {
  return new Both(value, new Raw(`cf${value.toString(16).padStart(16, '0')}`));
}

/** An object in JSON, the array of its values in msgpack. */
export function struct(value: Readonly<Record<string, unknown>>): Both {
  return new Both(value, Object.values(value));
}

export function structs(values: readonly Readonly<Record<string, unknown>>[]): Both {
  return new Both(
    values,
    values.map((value) => Object.values(value)),
  );
}

export function toJson(value: unknown): unknown {
  return value instanceof Both ? value.json : value;
}

/** msgpack by another library than the one under test; array headers and `Raw` by hand. */
export function toMsgpack(value: unknown): Uint8Array {
  if (value instanceof Both) return toMsgpack(value.msgpack);
  if (value instanceof Raw) return value.bytes;
  if (!Array.isArray(value)) return encode(value ?? null);
  const header =
    value.length < 16 ? Buffer.of(0x90 + value.length) : Buffer.of(0xdc, value.length >> 8, value.length & 0xff);
  return Buffer.concat([header, ...value.map(toMsgpack)]);
}
