import { Opcode } from './websocket-frame.ts';

/** What a counter tells of the frames that it does more than count. The bytes are valid only during the call. */
export interface FrameListener {
  /** A ping or close frame, whole. */
  onControl(opcode: number, payload: Buffer): void;
  /** A text or binary frame shorter than `minDeliveryBytes`, whole. */
  onShort(payload: Buffer): void;
  /** A part of a delivery: all of it, unless it came in several pieces. */
  onDelivery?(part: Buffer): void;
}

/** The longest payload with a header of two bytes (RFC 6455 §5.2). */
const MAX_SHORT_PAYLOAD = 125;

/**
 * Counts the frames of one connection without decoding them: it reads headers and steps over payloads. Frames that are too
 * short to be a delivery wait until they are whole.
 */
export class FrameCounter {
  /** Messages in frames of at least `minDeliveryBytes`. */
  deliveries = 0;
  bytes = 0;
  /** Text and binary frames with a payload from this length on are deliveries; shorter ones are answers, as all are at first. */
  minDeliveryBytes = Infinity;
  readonly #batchSeparator: number | undefined;
  readonly #listener: FrameListener;
  /** The beginning of a header or of a short frame, of which the rest has not come. */
  #carry: Buffer | undefined;
  /** Bytes of a delivery that are still to come. */
  #remaining = 0;
  /** The last message was a delivery, and so are its further fragments. */
  #isInDelivery = false;

  /** `batchSeparator` is the byte between the messages of one frame, where a server packs several into one. */
  constructor(listener: FrameListener, batchSeparator?: number) {
    this.#listener = listener;
    this.#batchSeparator = batchSeparator;
  }

  /** The next bytes of the connection, which may be overwritten after the call. */
  push(chunk: Buffer): void {
    this.bytes += chunk.length;
    const bytes = this.#carry === undefined ? chunk : Buffer.concat([this.#carry, chunk]);
    this.#carry = undefined;
    let at = this.#takeRemaining(bytes);
    while (at < bytes.length) {
      const next = this.#takeFrame(bytes, at);
      if (next === undefined) {
        this.#carry = Buffer.from(bytes.subarray(at));
        return;
      }
      at = next;
    }
  }

  #takeRemaining(bytes: Buffer): number {
    const end = Math.min(this.#remaining, bytes.length);
    if (end > 0) this.#passDelivery(bytes, 0, end);
    this.#remaining -= end;
    return end;
  }

  /** Where the next frame begins, or undefined where this one has to be waited for. */
  #takeFrame(bytes: Buffer, at: number): number | undefined {
    if (bytes.length < at + 2) return undefined;
    const opcode = (bytes[at] ?? 0) & 0x0f;
    const shortLength = (bytes[at + 1] ?? 0) & 0x7f;
    const headerBytes = shortLength <= MAX_SHORT_PAYLOAD ? 2 : shortLength === 126 ? 4 : 10;
    const payloadAt = at + headerBytes;
    if (bytes.length < payloadAt) return undefined;
    const length = headerBytes === 2 ? shortLength : readLength(bytes, at + 2, headerBytes - 2);
    const end = payloadAt + length;
    const isControl = opcode >= Opcode.Close;
    const isFragment = opcode === Opcode.Continuation;
    const isDelivery = isFragment ? this.#isInDelivery : length >= this.minDeliveryBytes;
    if (isControl || !isDelivery) {
      if (bytes.length < end) return undefined;
      const payload = bytes.subarray(payloadAt, end);
      if (isControl) this.#listener.onControl(opcode, payload);
      else this.#listener.onShort(payload);
      this.#isInDelivery &&= isControl;
      return end;
    }
    this.#isInDelivery = true;
    if (!isFragment) this.deliveries += 1;
    const known = Math.min(end, bytes.length);
    this.#passDelivery(bytes, payloadAt, known);
    this.#remaining = end - known;
    return known;
  }

  #passDelivery(bytes: Buffer, from: number, to: number): void {
    const separator = this.#batchSeparator;
    if (separator !== undefined) this.deliveries += countByte(bytes.subarray(from, to), separator);
    this.#listener.onDelivery?.(bytes.subarray(from, to));
  }
}

function readLength(bytes: Buffer, at: number, size: number): number {
  return size === 2 ? bytes.readUInt16BE(at) : Number(bytes.readBigUInt64BE(at));
}

export function countByte(bytes: Buffer, byte: number): number {
  let count = 0;
  for (let at = bytes.indexOf(byte); at !== -1; at = bytes.indexOf(byte, at + 1)) count += 1;
  return count;
}
