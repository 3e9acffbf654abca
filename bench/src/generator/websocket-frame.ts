/** Opcodes of RFC 6455 §5.2 that a client of the benchmark meets. */
export const Opcode = { Continuation: 0, Text: 1, Binary: 2, Close: 8, Ping: 9, Pong: 10 } as const;

/** A masked client frame: of text for a string, binary for bytes. The mask is zero, so the payload can be patched in place. */
export function encodeClientFrame(payload: string | Uint8Array): Buffer {
  const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload;
  return encodeFrame(typeof payload === 'string' ? Opcode.Text : Opcode.Binary, bytes);
}

export function encodePong(payload: Uint8Array): Buffer {
  return encodeFrame(Opcode.Pong, payload);
}

/**
 * A masked frame.
 *
 * @throws RangeError where the payload is longer than 65,535 bytes: no benchmark sends such a frame
 */
export function encodeFrame(opcode: number, payload: Uint8Array, { isFinal = true } = {}): Buffer {
  if (payload.length > 0xffff) throw new RangeError(`expected at most 65535 bytes, got ${String(payload.length)}`);
  const isShort = payload.length < 126;
  const header = Buffer.alloc((isShort ? 2 : 4) + 4);
  header[0] = (isFinal ? 0x80 : 0) | opcode;
  header[1] = 0x80 | (isShort ? payload.length : 126);
  if (!isShort) header.writeUInt16BE(payload.length, 2);
  return Buffer.concat([header, payload]);
}
