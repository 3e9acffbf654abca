import type { Frame } from './frame.ts';

/** A frame as a server sent it: nothing is left open. */
export type ParsedFrame = Required<Omit<Frame, 'payload'>> & { readonly payload: Buffer };

/** Cuts a byte stream into frames. Bytes may come in pieces of any size. */
export class FrameParser {
  #chunks: Buffer[] = [];
  #length = 0;

  /** The frames that are complete with these bytes. */
  push(bytes: Buffer): readonly ParsedFrame[] {
    this.#chunks.push(bytes);
    this.#length += bytes.length;
    const frames: ParsedFrame[] = [];
    for (let frame = this.#next(); frame !== undefined; frame = this.#next()) frames.push(frame);
    return frames;
  }

  #next(): ParsedFrame | undefined {
    const head = this.#peek(14);
    const layout = head === undefined ? undefined : layoutOf(head);
    if (layout === undefined || this.#length < layout.headBytes + layout.payloadBytes) return undefined;
    const bytes = this.#take(layout.headBytes + layout.payloadBytes);
    const first = bytes.readUInt8(0);
    return {
      fin: (first & 0x80) !== 0,
      rsv: (first & 0x70) >> 4,
      opcode: first & 0x0f,
      isMasked: layout.isMasked,
      payload: bytes.subarray(layout.headBytes),
    };
  }

  /** The first bytes, as many as there are up to `size`. */
  #peek(size: number): Buffer | undefined {
    const [first] = this.#chunks;
    if (first === undefined || first.length >= size || this.#chunks.length === 1) return first;
    this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0];
  }

  #take(size: number): Buffer {
    const all = this.#chunks.length === 1 ? this.#chunks[0] : undefined;
    const bytes = all ?? Buffer.concat(this.#chunks);
    this.#chunks = bytes.length > size ? [bytes.subarray(size)] : [];
    this.#length -= size;
    return bytes.subarray(0, size);
  }
}

interface Layout {
  readonly headBytes: number;
  readonly payloadBytes: number;
  readonly isMasked: boolean;
}

function layoutOf(head: Buffer): Layout | undefined {
  if (head.length < 2) return undefined;
  const second = head.readUInt8(1);
  const isMasked = (second & 0x80) !== 0;
  const short = second & 0x7f;
  const lengthBytes = short < 126 ? 0 : short === 126 ? 2 : 8;
  const headBytes = 2 + lengthBytes + (isMasked ? 4 : 0);
  if (head.length < headBytes) return undefined;
  if (lengthBytes === 0) return { headBytes, payloadBytes: short, isMasked };
  const payloadBytes = lengthBytes === 2 ? head.readUInt16BE(2) : Number(head.readBigUInt64BE(2));
  return { headBytes, payloadBytes, isMasked };
}
