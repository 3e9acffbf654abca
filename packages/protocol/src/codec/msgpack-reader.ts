import { type DecodeLimits, FORBIDDEN_KEYS } from '../decode-limits.ts';
import { ProtocolError } from '../errors.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads msgpack (https://github.com/msgpack/msgpack/blob/master/spec.md) front to back without allocating for anything it
 * has not seen: a length is believed only where that many bytes are there. Extension types, integers past 2^53, floats
 * that are not finite, invalid UTF-8 and keys that are no strings are refused with a `ProtocolError`.
 */
export class MsgpackReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #limits: DecodeLimits;
  #offset = 0;

  constructor(bytes: Uint8Array, limits: DecodeLimits) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#limits = limits;
  }

  get offset(): number {
    return this.#offset;
  }

  /** Goes back to an offset that was read from `offset`. */
  rewind(offset: number): void {
    this.#offset = offset;
  }

  isAtEnd(): boolean {
    return this.#offset === this.#bytes.length;
  }

  /** Consumes a nil, if the next value is one. */
  tryReadNil(): boolean {
    if (this.#peek() !== 0xc0) return false;
    this.#offset += 1;
    return true;
  }

  /** An array's length, or undefined (and nothing consumed) where the next value is no array. */
  tryReadArrayLength(): number | undefined {
    const type = this.#peek();
    if ((type & 0xf0) === 0x90) return this.#lengthAfter(1, type & 0x0f);
    if (type === 0xdc) return this.#lengthAfter(3, this.#u16(1));
    if (type === 0xdd) return this.#lengthAfter(5, this.#u32(1));
    return undefined;
  }

  /** A whole number from 0 to 2^53-1, or undefined (and nothing consumed) where the next value is something else. */
  tryReadUint(): number | undefined {
    const start = this.#offset;
    const value = this.#tryReadInteger();
    if (value !== undefined && value >= 0) return value;
    this.#offset = start;
    return undefined;
  }

  /** A boolean, or undefined (and nothing consumed). */
  tryReadBool(): boolean | undefined {
    const type = this.#peek();
    if (type !== 0xc2 && type !== 0xc3) return undefined;
    this.#offset += 1;
    return type === 0xc3;
  }

  /** A string of valid UTF-8, or undefined (and nothing consumed). */
  tryReadString(): string | undefined {
    const type = this.#peek();
    if ((type & 0xe0) === 0xa0) return this.#text(1, type & 0x1f);
    if (type === 0xd9) return this.#text(2, this.#u8(1));
    if (type === 0xda) return this.#text(3, this.#u16(1));
    if (type === 0xdb) return this.#text(5, this.#u32(1));
    return undefined;
  }

  /** Validates one value of any allowed kind and returns its bytes: a view, valid as long as the input is. */
  readRaw(): Uint8Array {
    const start = this.#offset;
    this.skipValue(0);
    return this.#bytes.subarray(start, this.#offset);
  }

  /** Validates one value of any allowed kind. `depth` counts the arrays and maps around it. */
  skipValue(depth: number): void {
    const type = this.#peek();
    if (type <= 0x7f || type >= 0xe0 || type === 0xc0 || type === 0xc2 || type === 0xc3) {
      this.#offset += 1;
      return;
    }
    if (type === 0xca || type === 0xcb) {
      this.#skipFloat(type);
      return;
    }
    if (this.tryReadString() !== undefined || this.#tryReadInteger() !== undefined) return;
    if (this.#trySkipBinary(type)) return;
    const length = this.tryReadArrayLength();
    if (length !== undefined) {
      this.#checkContainer(length, this.#limits.maxArrayLength, depth);
      for (let i = 0; i < length; i++) this.skipValue(depth + 1);
      return;
    }
    this.#skipMap(type, depth);
  }

  #skipMap(type: number, depth: number): void {
    let length: number;
    if ((type & 0xf0) === 0x80) length = this.#lengthAfter(1, type & 0x0f);
    else if (type === 0xde) length = this.#lengthAfter(3, this.#u16(1));
    else if (type === 0xdf) length = this.#lengthAfter(5, this.#u32(1));
    else throw new ProtocolError(`msgpack type 0x${type.toString(16)} is not allowed`);
    this.#checkContainer(length, this.#limits.maxMapLength, depth);
    for (let i = 0; i < length; i++) {
      const key = this.tryReadString();
      if (key === undefined) throw new ProtocolError('a map key must be a string');
      if (FORBIDDEN_KEYS.has(key)) throw new ProtocolError(`the key ${key} is not allowed`);
      this.skipValue(depth + 1);
    }
  }

  #skipFloat(type: number): void {
    const size = type === 0xca ? 5 : 9;
    this.#need(size);
    const value = type === 0xca ? this.#view.getFloat32(this.#offset + 1) : this.#view.getFloat64(this.#offset + 1);
    if (!Number.isFinite(value)) throw new ProtocolError('a float must be finite');
    this.#offset += size;
  }

  #trySkipBinary(type: number): boolean {
    let header: number;
    let length: number;
    if (type === 0xc4) [header, length] = [2, this.#u8(1)];
    else if (type === 0xc5) [header, length] = [3, this.#u16(1)];
    else if (type === 0xc6) [header, length] = [5, this.#u32(1)];
    else return false;
    if (length > this.#limits.maxBinaryBytes) throw new ProtocolError('a binary value is too long');
    this.#need(header + length);
    this.#offset += header + length;
    return true;
  }

  #tryReadInteger(): number | undefined {
    const type = this.#peek();
    if (type <= 0x7f) return this.#advance(1, type);
    if (type >= 0xe0) return this.#advance(1, type - 0x100);
    switch (type) {
      case 0xcc:
        return this.#advance(2, this.#u8(1));
      case 0xcd:
        return this.#advance(3, this.#u16(1));
      case 0xce:
        return this.#advance(5, this.#u32(1));
      case 0xcf:
        return this.#advance(9, this.#wide(this.#u32(1), this.#u32(5)));
      case 0xd0:
        this.#need(2);
        return this.#advance(2, this.#view.getInt8(this.#offset + 1));
      case 0xd1:
        this.#need(3);
        return this.#advance(3, this.#view.getInt16(this.#offset + 1));
      case 0xd2:
        this.#need(5);
        return this.#advance(5, this.#view.getInt32(this.#offset + 1));
      case 0xd3:
        this.#need(9);
        return this.#advance(9, this.#wide(this.#view.getInt32(this.#offset + 1), this.#u32(5)));
      default:
        return undefined;
    }
  }

  #wide(high: number, low: number): number {
    const value = high * 0x1_0000_0000 + low;
    if (!Number.isSafeInteger(value)) throw new ProtocolError('an integer is past 2^53');
    return value;
  }

  #text(header: number, length: number): string {
    if (length > this.#limits.maxStringBytes) throw new ProtocolError('a string is too long');
    this.#need(header + length);
    const start = this.#offset + header;
    const bytes = this.#bytes.subarray(start, start + length);
    this.#offset = start + length;
    try {
      return utf8.decode(bytes);
    } catch (cause) {
      throw new ProtocolError('a string is not valid UTF-8', { cause });
    }
  }

  /** Each element takes a byte at least, so a length past the remaining bytes is a lie. */
  #lengthAfter(header: number, length: number): number {
    this.#need(header + length);
    this.#offset += header;
    return length;
  }

  #checkContainer(length: number, maxLength: number, depth: number): void {
    if (length > maxLength) throw new ProtocolError(`an array or map has more than ${String(maxLength)} entries`);
    if (depth >= this.#limits.maxDepth) {
      throw new ProtocolError(`arrays and maps are nested deeper than ${String(this.#limits.maxDepth)}`);
    }
  }

  #peek(): number {
    this.#need(1);
    return this.#view.getUint8(this.#offset);
  }

  #u8(at: number): number {
    this.#need(at + 1);
    return this.#view.getUint8(this.#offset + at);
  }

  #u16(at: number): number {
    this.#need(at + 2);
    return this.#view.getUint16(this.#offset + at);
  }

  #u32(at: number): number {
    this.#need(at + 4);
    return this.#view.getUint32(this.#offset + at);
  }

  #advance<T>(size: number, value: T): T {
    this.#offset += size;
    return value;
  }

  #need(size: number): void {
    if (this.#offset + size > this.#bytes.length) throw new ProtocolError('the frame ends too early');
  }
}
