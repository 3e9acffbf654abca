import { ProtocolError } from '../../errors.ts';
import { EXPECTED_IN_PAYLOAD, MAX_PAYLOAD_DEPTH, reachesPrototype } from '../../payload-rules.ts';
import { ValueFault } from './value-fault.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const TWO_TO_32 = 0x1_0000_0000;

/** Bytes of the values from 0xc0 on, where they are fixed; 0 where a length follows. */
const FIXED_SIZES: readonly number[] = [
  // nil, none, false, true
  ...[1, 0, 1, 1],
  // bin, ext
  ...[0, 0, 0, 0, 0, 0],
  // float
  ...[5, 9],
  // uint, int
  ...[2, 3, 5, 9, 2, 3, 5, 9],
  // fixext
  ...[3, 4, 6, 10, 18],
];

/**
 * Reads msgpack (https://github.com/msgpack/msgpack/blob/master/spec.md) front to back without allocating for anything it
 * has not seen: a length is believed only where that many bytes are there.
 *
 * What is no msgpack ends in a `ProtocolError`. What is, and is not what was asked for, is `undefined`, with nothing consumed.
 */
export class MsgpackReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
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

  /** An array's length, or undefined where the next value is no array. */
  tryReadArrayLength(): number | undefined {
    const type = this.#peek();
    if ((type & 0xf0) === 0x90) return this.#lengthAfter(1, type & 0x0f);
    if (type === 0xdc) return this.#lengthAfter(3, this.#u16(1));
    if (type === 0xdd) return this.#lengthAfter(5, this.#u32(1));
    return undefined;
  }

  /** A whole number from 0 to 2^53-1, or undefined. */
  tryReadUint(): number | undefined {
    const start = this.#offset;
    const value = this.#tryReadInteger();
    if (value !== undefined && value >= 0 && Number.isSafeInteger(value)) return value;
    this.#offset = start;
    return undefined;
  }

  /** A boolean, or undefined. */
  tryReadBool(): boolean | undefined {
    const type = this.#peek();
    if (type !== 0xc2 && type !== 0xc3) return undefined;
    this.#offset += 1;
    return type === 0xc3;
  }

  /** A string of valid UTF-8, or undefined. */
  tryReadString(): string | undefined {
    const type = this.#peek();
    if ((type & 0xe0) === 0xa0) return this.#text(1, type & 0x1f);
    if (type === 0xd9) return this.#text(2, this.#u8(1));
    if (type === 0xda) return this.#text(3, this.#u16(1));
    if (type === 0xdb) return this.#text(5, this.#u32(1));
    return undefined;
  }

  /**
   * The bytes of one value that may be a payload: a view, valid as long as the input is.
   *
   * @throws ValueFault where it may not be one; how much was consumed then is not said
   */
  readPayload(): Uint8Array {
    const start = this.#offset;
    this.#checkValue(0, undefined);
    return this.#bytes.subarray(start, this.#offset);
  }

  /** The bytes of one value that was checked when it came in: a view, valid as long as the input is. */
  readRaw(): Uint8Array {
    const start = this.#offset;
    this.skipValue();
    return this.#bytes.subarray(start, this.#offset);
  }

  /** Passes over one value of any kind, however deep it goes, and looks at nothing but its shape. */
  skipValue(): void {
    for (let pending = 1; pending > 0; pending -= 1) {
      pending += this.#skipHead();
      // Each takes a byte at least, so what is not there need not be looked for.
      if (pending - 1 > this.#bytes.length - this.#offset) throw endsTooEarly();
    }
  }

  /** Passes over a value, or over the head of an array or a map: returns how many values belong to it. */
  #skipHead(): number {
    const type = this.#peek();
    if (type <= 0x7f || type >= 0xe0) return this.#advance(1, 0);
    if (type <= 0x8f) return this.#advance(1, 2 * (type & 0x0f));
    if (type <= 0x9f) return this.#advance(1, type & 0x0f);
    if (type <= 0xbf) return this.#skipBytes(1 + (type & 0x1f));
    const size = FIXED_SIZES[type - 0xc0] ?? 0;
    if (size > 0) return this.#skipBytes(size);
    switch (type) {
      case 0xdc:
        return this.#advance(3, this.#u16(1));
      case 0xdd:
        return this.#advance(5, this.#u32(1));
      case 0xde:
        return this.#advance(3, 2 * this.#u16(1));
      case 0xdf:
        return this.#advance(5, 2 * this.#u32(1));
      default:
        return this.#skipLong(type);
    }
  }

  /** Strings, binary values and extensions whose length stands before them. */
  #skipLong(type: number): number {
    if (type === 0xc4 || type === 0xd9) return this.#skipBytes(2 + this.#u8(1));
    if (type === 0xc5 || type === 0xda) return this.#skipBytes(3 + this.#u16(1));
    if (type === 0xc6 || type === 0xdb) return this.#skipBytes(5 + this.#u32(1));
    if (type === 0xc7) return this.#skipBytes(3 + this.#u8(1));
    if (type === 0xc8) return this.#skipBytes(4 + this.#u16(1));
    if (type === 0xc9) return this.#skipBytes(6 + this.#u32(1));
    throw new ProtocolError(`0x${type.toString(16)} starts no value of msgpack`);
  }

  /** `depth` counts the arrays and maps around the value; `key` is its own, where it has one. */
  #checkValue(depth: number, key: string | undefined): void {
    const type = this.#peek();
    if (type <= 0x7f || type >= 0xe0 || type === 0xc0 || type === 0xc2 || type === 0xc3) {
      this.#offset += 1;
    } else if ((type & 0xf0) === 0x80 || type === 0xde || type === 0xdf) {
      this.#checkMap(depth, key);
    } else if ((type & 0xf0) === 0x90 || type === 0xdc || type === 0xdd) {
      this.#checkArray(depth);
    } else if ((type & 0xe0) === 0xa0 || (type >= 0xd9 && type <= 0xdb)) {
      if (this.tryReadString() === undefined) throw new ValueFault(EXPECTED_IN_PAYLOAD.text);
    } else if (type === 0xca || type === 0xcb) {
      this.#checkFloat(type);
    } else if (type >= 0xcc && type <= 0xd3) {
      if (!Number.isSafeInteger(this.#tryReadInteger())) throw new ValueFault(EXPECTED_IN_PAYLOAD.integer);
    } else if (type >= 0xc4 && type <= 0xc6) {
      this.#skipLong(type);
    } else {
      throw new ValueFault(EXPECTED_IN_PAYLOAD.type);
    }
  }

  #checkArray(depth: number): void {
    const length = this.tryReadArrayLength() ?? 0;
    if (depth >= MAX_PAYLOAD_DEPTH) throw new ValueFault(EXPECTED_IN_PAYLOAD.depth);
    let index = 0;
    try {
      for (; index < length; index++) this.#checkValue(depth + 1, undefined);
    } catch (err) {
      throw err instanceof ValueFault ? err.within(index) : err;
    }
  }

  #checkMap(depth: number, around: string | undefined): void {
    const values = this.#skipHead();
    if (depth >= MAX_PAYLOAD_DEPTH) throw new ValueFault(EXPECTED_IN_PAYLOAD.depth);
    for (let i = 0; i < values; i += 2) {
      const key = this.tryReadString();
      if (key === undefined) throw new ValueFault(EXPECTED_IN_PAYLOAD.key);
      try {
        if (reachesPrototype(key, around)) throw new ValueFault(EXPECTED_IN_PAYLOAD.key);
        this.#checkValue(depth + 1, key);
      } catch (err) {
        throw err instanceof ValueFault ? err.within(key) : err;
      }
    }
  }

  #checkFloat(type: number): void {
    const size = type === 0xca ? 5 : 9;
    this.#need(size);
    const value = type === 0xca ? this.#view.getFloat32(this.#offset + 1) : this.#view.getFloat64(this.#offset + 1);
    if (!Number.isFinite(value)) throw new ValueFault(EXPECTED_IN_PAYLOAD.finite);
    this.#offset += size;
  }

  /** Past ±(2^53-1) it is rounded. */
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
        return this.#advance(9, this.#u32(1) * TWO_TO_32 + this.#u32(5));
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
        return this.#advance(9, this.#view.getInt32(this.#offset + 1) * TWO_TO_32 + this.#u32(5));
      default:
        return undefined;
    }
  }

  #text(header: number, length: number): string | undefined {
    this.#need(header + length);
    const start = this.#offset + header;
    try {
      const text = utf8.decode(this.#bytes.subarray(start, start + length));
      this.#offset = start + length;
      return text;
    } catch {
      return undefined;
    }
  }

  #skipBytes(size: number): 0 {
    this.#need(size);
    return this.#advance(size, 0);
  }

  /** Each element takes a byte at least, so a length past the remaining bytes is a lie. */
  #lengthAfter(header: number, length: number): number {
    this.#need(header + length);
    return this.#advance(header, length);
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
    if (this.#offset + size > this.#bytes.length) throw endsTooEarly();
  }
}

function endsTooEarly(): ProtocolError {
  return new ProtocolError('the frame ends too early');
}
