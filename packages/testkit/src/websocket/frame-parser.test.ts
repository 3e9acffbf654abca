import { describe, expect, it } from 'vitest';

import { encodeFrame, Opcode } from './frame.ts';
import { FrameParser } from './frame-parser.ts';

const SIZES = [0, 1, 125, 126, 127, 65_535, 65_536, 100_000];
const frames = SIZES.map((size) => ({
  opcode: Opcode.Binary,
  payload: Buffer.alloc(size, size % 251),
  isMasked: false,
}));
const stream = Buffer.concat(frames.map(encodeFrame));

describe('the frame parser', () => {
  it.each([1, 2, 3, 7, 1000, 65_536, stream.length])('finds every frame in pieces of %i bytes', (piece) => {
    const parser = new FrameParser();
    const payloads: Buffer[] = [];
    for (let at = 0; at < stream.length; at += piece) {
      for (const frame of parser.push(stream.subarray(at, at + piece))) payloads.push(frame.payload);
    }
    expect(payloads.map(({ length }) => length)).toEqual(SIZES);
    expect(Buffer.concat(payloads).equals(Buffer.concat(frames.map(({ payload }) => payload)))).toBe(true);
  });

  it('reads the flags of a frame', () => {
    const encoded = encodeFrame({
      fin: false,
      rsv: 0b101,
      opcode: Opcode.Ping,
      payload: Buffer.from('x'),
      isMasked: false,
    });
    const [frame] = new FrameParser().push(encoded);
    expect(frame).toMatchObject({ fin: false, rsv: 0b101, opcode: Opcode.Ping, isMasked: false });
  });
});

describe('an encoded frame', () => {
  it('is masked with a mask of its own, as RFC 6455 §5.3 has it', () => {
    const encoded = encodeFrame({ opcode: Opcode.Text, payload: Buffer.from('hello') });
    expect(encoded.subarray(0, 2)).toEqual(Buffer.of(0x81, 0x85));
    const [mask, masked] = [encoded.subarray(2, 6), encoded.subarray(6)];
    expect(Buffer.from(masked.map((byte, index) => byte ^ (mask[index % 4] ?? 0))).toString()).toBe('hello');
    const other = encodeFrame({ opcode: Opcode.Text, payload: Buffer.from('hello') });
    expect(other.subarray(2, 6).equals(mask)).toBe(false);
  });
});
