const encoder = new TextEncoder();
const INITIAL_BYTES = 1024;

/**
 * Writes msgpack in its shortest form. One writer serves many frames: `start` begins one, `finish` returns a copy of it, so
 * the result is the caller's to keep.
 */
export class MsgpackWriter {
  #bytes = new Uint8Array(INITIAL_BYTES);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  start(): this {
    this.#length = 0;
    return this;
  }

  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  nil(): void {
    this.#byte(0xc0);
  }

  bool(value: boolean): void {
    this.#byte(value ? 0xc3 : 0xc2);
  }

  arrayHeader(length: number): void {
    if (length < 16) this.#byte(0x90 | length);
    else if (length < 0x1_0000) this.#sized(0xdc, 2, length);
    else this.#sized(0xdd, 4, length);
  }

  mapHeader(length: number): void {
    if (length < 16) this.#byte(0x80 | length);
    else if (length < 0x1_0000) this.#sized(0xde, 2, length);
    else this.#sized(0xdf, 4, length);
  }

  /** A whole number from 0 to 2^53-1; anything else is a programming error. */
  uint(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`not an unsigned integer: ${String(value)}`);
    if (value < 0x80) this.#byte(value);
    else if (value < 0x100) this.#sized(0xcc, 1, value);
    else if (value < 0x1_0000) this.#sized(0xcd, 2, value);
    else if (value < 0x1_0000_0000) this.#sized(0xce, 4, value);
    else this.uint64(value);
  }

  /** The nine-byte form, whatever the value. */
  uint64(value: number): void {
    const at = this.#reserve(9);
    this.#view.setUint8(at, 0xcf);
    this.#view.setUint32(at + 1, Math.floor(value / 0x1_0000_0000));
    this.#view.setUint32(at + 5, value >>> 0);
  }

  /** A whole number from -2^53+1 to 2^53-1. */
  int(value: number): void {
    if (value >= 0) {
      this.uint(value);
      return;
    }
    if (!Number.isSafeInteger(value)) throw new RangeError(`not an integer: ${String(value)}`);
    if (value >= -0x20) this.#byte(value + 0x100);
    else if (value >= -0x80) this.#sized(0xd0, 1, value + 0x100);
    else if (value >= -0x8000) this.#sized(0xd1, 2, value + 0x1_0000);
    else if (value >= -0x8000_0000) this.#sized(0xd2, 4, value + 0x1_0000_0000);
    else this.#int64(value);
  }

  float64(value: number): void {
    const at = this.#reserve(9);
    this.#view.setUint8(at, 0xcb);
    this.#view.setFloat64(at + 1, value);
  }

  /** Halves of surrogate pairs, which have no UTF-8, become U+FFFD. */
  string(text: string): void {
    const bytes = encoder.encode(text);
    const length = bytes.length;
    if (length < 32) this.#byte(0xa0 | length);
    else if (length < 0x100) this.#sized(0xd9, 1, length);
    else if (length < 0x1_0000) this.#sized(0xda, 2, length);
    else this.#sized(0xdb, 4, length);
    this.raw(bytes);
  }

  binary(bytes: Uint8Array): void {
    const length = bytes.length;
    if (length < 0x100) this.#sized(0xc4, 1, length);
    else if (length < 0x1_0000) this.#sized(0xc5, 2, length);
    else this.#sized(0xc6, 4, length);
    this.raw(bytes);
  }

  /** Bytes that are msgpack already. */
  raw(bytes: Uint8Array): void {
    const at = this.#reserve(bytes.length);
    this.#bytes.set(bytes, at);
  }

  #int64(value: number): void {
    const at = this.#reserve(9);
    this.#view.setUint8(at, 0xd3);
    this.#view.setInt32(at + 1, Math.floor(value / 0x1_0000_0000));
    this.#view.setUint32(at + 5, value >>> 0);
  }

  #byte(value: number): void {
    const at = this.#reserve(1);
    this.#view.setUint8(at, value);
  }

  #sized(type: number, width: 1 | 2 | 4, value: number): void {
    const at = this.#reserve(1 + width);
    this.#view.setUint8(at, type);
    if (width === 1) this.#view.setUint8(at + 1, value);
    else if (width === 2) this.#view.setUint16(at + 1, value);
    else this.#view.setUint32(at + 1, value);
  }

  #reserve(size: number): number {
    const at = this.#length;
    this.#length += size;
    if (this.#length > this.#bytes.length) this.#grow(this.#length);
    return at;
  }

  #grow(needed: number): void {
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes);
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}
