import { randomBytes } from 'node:crypto';

/** RFC 6455 §5.2. */
export const Opcode = { Continuation: 0x0, Text: 0x1, Binary: 0x2, Close: 0x8, Ping: 0x9, Pong: 0xa } as const;
export type Opcode = (typeof Opcode)[keyof typeof Opcode];

/** One WebSocket frame, as it stands on the wire. */
export interface Frame {
  /** Whether it is the last one of its message; true unless said otherwise. */
  readonly fin?: boolean;
  /** The three reserved bits, RSV1 being the highest; 0 unless said otherwise. */
  readonly rsv?: number;
  /** Any four bits, so that undefined opcodes can be sent too. */
  readonly opcode: number;
  readonly payload: Uint8Array;
  /** A client's frames must be masked; true unless said otherwise. */
  readonly isMasked?: boolean;
}

export function encodeFrame({ fin = true, rsv = 0, opcode, payload, isMasked = true }: Frame): Buffer {
  const first = Buffer.of((fin ? 0x80 : 0) | (rsv << 4) | opcode);
  const length = encodeLength(payload.length, isMasked ? 0x80 : 0);
  if (!isMasked) return Buffer.concat([first, length, payload]);
  const mask = randomBytes(4);
  const masked = payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0));
  return Buffer.concat([first, length, mask, masked]);
}

function encodeLength(length: number, maskBit: number): Buffer {
  if (length < 126) return Buffer.of(maskBit | length);
  const wide = length > 0xffff;
  const bytes = Buffer.alloc(wide ? 9 : 3);
  bytes.writeUInt8(maskBit | (wide ? 127 : 126));
  if (wide) bytes.writeBigUInt64BE(BigInt(length), 1);
  else bytes.writeUInt16BE(length, 1);
  return bytes;
}
