const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
/** Up to this length, a string is read faster byte by byte than by a `TextDecoder`. */
const MAX_SHORT_BYTES = 24;
const TWO_TO_32 = 0x1_0000_0000;
/** A payload may have 32 arrays and maps within each other, and stands in three in an answer of messages: the rest is for servers to come. */
const MAX_DEPTH = 64;

/**
 * Decodes one msgpack value. Binary values are copies. Length bombs and nonsense end in an error like any truncation, for
 * nothing is allocated ahead of what is there, and nothing goes deeper than a server's frames do.
 */
export function decodeMsgpack(bytes: Uint8Array): unknown {
  const decoder = new MsgpackDecoder(bytes);
  const value = decoder.value();
  if (!decoder.isAtEnd()) throw new RangeError('bytes follow the value');
  return value;
}

class MsgpackDecoder {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;
  #depth = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  value(): unknown {
    const type = this.#view.getUint8(this.#at++);
    if (type < 0x80) return type;
    if (type < 0x90) return this.#map(type & 0x0f);
    if (type < 0xa0) return this.#array(type & 0x0f);
    if (type < 0xc0) return this.#text(type & 0x1f);
    if (type >= 0xe0) return type - 0x100;
    return this.#longForm(type);
  }

  #longForm(type: number): unknown {
    switch (type) {
      case 0xc0:
        return null;
      case 0xc2:
      case 0xc3:
        return type === 0xc3;
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return this.#take(this.#uint(1 << (type - 0xc4))).slice();
      case 0xca:
        return this.#view.getFloat32(this.#skip(4));
      case 0xcb:
        return this.#view.getFloat64(this.#skip(8));
      case 0xcc:
      case 0xcd:
      case 0xce:
      case 0xcf:
        return this.#uint(1 << (type - 0xcc));
      case 0xd0:
        return this.#view.getInt8(this.#skip(1));
      case 0xd1:
        return this.#view.getInt16(this.#skip(2));
      case 0xd2:
        return this.#view.getInt32(this.#skip(4));
      case 0xd3:
        return this.#view.getInt32(this.#skip(4)) * TWO_TO_32 + this.#uint(4);
      default:
        return this.#longContainer(type);
    }
  }

  #longContainer(type: number): unknown {
    switch (type) {
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.#text(this.#uint(1 << (type - 0xd9)));
      case 0xdc:
      case 0xdd:
        return this.#array(this.#uint(2 << (type - 0xdc)));
      case 0xde:
      case 0xdf:
        return this.#map(this.#uint(2 << (type - 0xde)));
      default:
        throw new RangeError(`0x${type.toString(16)} starts no value of this protocol`);
    }
  }

  /** 64-bit numbers are exact up to 2^53, the most that the wire allows. */
  #uint(width: number): number {
    const at = this.#skip(width);
    if (width === 1) return this.#view.getUint8(at);
    if (width === 2) return this.#view.getUint16(at);
    if (width === 4) return this.#view.getUint32(at);
    return this.#view.getUint32(at) * TWO_TO_32 + this.#view.getUint32(at + 4);
  }

  #array(length: number): unknown[] {
    const items: unknown[] = [];
    this.#enter();
    for (let i = 0; i < length; i++) items.push(this.value());
    this.#depth -= 1;
    return items;
  }

  #map(length: number): Record<string, unknown> {
    const map: Record<string, unknown> = {};
    this.#enter();
    for (let i = 0; i < length; i++) {
      const key = this.value();
      // Which would be the map's prototype.
      if (typeof key !== 'string' || key === '__proto__') throw new RangeError(`not a key: ${String(key)}`);
      map[key] = this.value();
    }
    this.#depth -= 1;
    return map;
  }

  #enter(): void {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw new RangeError('arrays and maps go too deep');
  }

  #text(length: number): string {
    const bytes = this.#take(length);
    if (length > MAX_SHORT_BYTES) return utf8.decode(bytes);
    let text = '';
    for (const byte of bytes) {
      if (byte >= 0x80) return utf8.decode(bytes);
      text += String.fromCharCode(byte);
    }
    return text;
  }

  #take(length: number): Uint8Array {
    const at = this.#skip(length);
    return this.#bytes.subarray(at, at + length);
  }

  #skip(length: number): number {
    const at = this.#at;
    this.#at += length;
    if (this.#at > this.#bytes.length) throw new RangeError('the input ends within a value');
    return at;
  }
}
