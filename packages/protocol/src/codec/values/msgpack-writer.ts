const encoder = new TextEncoder();
const CHUNK_BYTES = 8192;
/** Below this length a loop is quicker than the encoder, if all of it is ASCII. */
const SHORT_TEXT = 64;

/**
 * Writes msgpack in its shortest form. One writer serves many frames: `start` begins one, `finish` returns its bytes, which
 * are never written again. Frames share their memory with those before and behind them, 8 KiB at a time: who keeps one copies it.
 *
 * A value of the wrong type throws before anything of it is written. What was begun then is given up by the next `start`, so
 * that no frame can spoil another.
 */
export class MsgpackWriter {
  #bytes = new Uint8Array(CHUNK_BYTES);
  #view = new DataView(this.#bytes.buffer);
  /** Where the frame that is being written begins, and where it has got to. */
  #start = 0;
  #length = 0;

  start(): this {
    this.#start = this.#length;
    return this;
  }

  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(this.#start, this.#length);
  }

  nil(): void {
    this.#byte(0xc0);
  }

  bool(value: boolean): void {
    if (typeof value !== 'boolean') throw wrongType('a boolean', value);
    this.#byte(value ? 0xc3 : 0xc2);
  }

  arrayHeader(length: number): void {
    checkLength(length);
    if (length < 16) this.#byte(0x90 | length);
    else if (length < 0x1_0000) this.#sized(0xdc, 2, length);
    else this.#sized(0xdd, 4, length);
  }

  mapHeader(length: number): void {
    checkLength(length);
    if (length < 16) this.#byte(0x80 | length);
    else if (length < 0x1_0000) this.#sized(0xde, 2, length);
    else this.#sized(0xdf, 4, length);
  }

  /** A whole number from 0 to 2^53-1; anything else is a programming error. */
  uint(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) throw wrongType('an unsigned integer', value);
    if (value < 0x80) this.#byte(value);
    else if (value < 0x100) this.#sized(0xcc, 1, value);
    else if (value < 0x1_0000) this.#sized(0xcd, 2, value);
    else if (value < 0x1_0000_0000) this.#sized(0xce, 4, value);
    else this.uint64(value);
  }

  /** The nine-byte form, whatever the value. */
  uint64(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) throw wrongType('an unsigned integer', value);
    const at = this.#reserve(9);
    this.#view.setUint8(at, 0xcf);
    this.#view.setUint32(at + 1, Math.floor(value / 0x1_0000_0000));
    this.#view.setUint32(at + 5, value >>> 0);
  }

  /** A whole number from -2^53+1 to 2^53-1. */
  int(value: number): void {
    if (!Number.isSafeInteger(value)) throw wrongType('an integer', value);
    if (value >= 0) {
      this.uint(value);
      return;
    }
    // A view writes a number as far as its width goes, which of a negative one is its two's complement.
    if (value >= -0x20) this.#byte(value);
    else if (value >= -0x80) this.#sized(0xd0, 1, value);
    else if (value >= -0x8000) this.#sized(0xd1, 2, value);
    else if (value >= -0x8000_0000) this.#sized(0xd2, 4, value);
    else this.#int64(value);
  }

  float64(value: number): void {
    if (typeof value !== 'number') throw wrongType('a number', value);
    const at = this.#reserve(9);
    this.#view.setUint8(at, 0xcb);
    this.#view.setFloat64(at + 1, value);
  }

  /** Halves of surrogate pairs, which have no UTF-8, become U+FFFD. */
  string(text: string): void {
    if (typeof text !== 'string') throw wrongType('a string', text);
    if (text.length >= SHORT_TEXT || !this.#tryShortAscii(text)) this.#encode(text);
  }

  /** False, with nothing written, where the text is not ASCII. */
  #tryShortAscii(text: string): boolean {
    const { length } = text;
    const isTiny = length < 32;
    if (isTiny) this.#byte(0xa0 | length);
    else this.#sized(0xd9, 1, length);
    const at = this.#reserve(length);
    const bytes = this.#bytes;
    for (let i = 0; i < length; i += 1) {
      const code = text.charCodeAt(i);
      if (code >= 0x80) {
        this.#length = at - (isTiny ? 1 : 2);
        return false;
      }
      bytes[at + i] = code;
    }
    return true;
  }

  #encode(text: string): void {
    const bytes = encoder.encode(text);
    const length = bytes.length;
    if (length < 32) this.#byte(0xa0 | length);
    else if (length < 0x100) this.#sized(0xd9, 1, length);
    else if (length < 0x1_0000) this.#sized(0xda, 2, length);
    else this.#sized(0xdb, 4, length);
    this.raw(bytes);
  }

  binary(bytes: Uint8Array): void {
    checkBytes(bytes);
    const length = bytes.length;
    if (length < 0x100) this.#sized(0xc4, 1, length);
    else if (length < 0x1_0000) this.#sized(0xc5, 2, length);
    else this.#sized(0xc6, 4, length);
    this.raw(bytes);
  }

  /** Bytes that are msgpack already. */
  raw(bytes: Uint8Array): void {
    checkBytes(bytes);
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
    this.#length += size;
    if (this.#length > this.#bytes.length) this.#grow(this.#length);
    return this.#length - size;
  }

  /** Goes on in new memory, with what there is of the frame. */
  #grow(needed: number): void {
    const begun = this.#bytes.subarray(this.#start, needed);
    this.#length = needed - this.#start;
    this.#bytes = new Uint8Array(Math.max(CHUNK_BYTES, this.#length * 2));
    this.#bytes.set(begun);
    this.#view = new DataView(this.#bytes.buffer);
    this.#start = 0;
  }
}

/** The types of this class are no promise: what a program that has none hands over may be anything. */
function wrongType(expected: string, value: unknown): TypeError {
  return new TypeError(`expected ${expected}, not ${typeof value === 'number' ? String(value) : typeof value}`);
}

function checkLength(length: number): void {
  if (!Number.isSafeInteger(length) || length < 0) throw wrongType('a length', length);
}

function checkBytes(bytes: Uint8Array): void {
  if (!(bytes instanceof Uint8Array)) throw wrongType('bytes', bytes);
}
