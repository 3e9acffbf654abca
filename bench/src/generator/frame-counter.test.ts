import { describe, expect, it } from 'vitest';

import { FrameCounter } from './frame-counter.ts';

const FIN = 0x80;
const Op = { Continuation: 0, Text: 1, Ping: 9 } as const;

function frame(head: number, payload: string): Buffer {
  const bytes = Buffer.from(payload);
  const length = bytes.length < 126 ? Buffer.from([bytes.length]) : Buffer.from([126, bytes.length >> 8, bytes.length]);
  return Buffer.concat([Buffer.from([head]), length, bytes]);
}

/** What is told of these bytes, handed over in pieces of this length. */
function count(bytes: Buffer, pieceBytes: number, batchSeparator?: number) {
  const told = { controls: [] as string[], shorts: [] as string[], delivered: '' };
  const counter = new FrameCounter(
    {
      onControl: (_opcode, payload) => told.controls.push(payload.toString()),
      onShort: (payload) => told.shorts.push(payload.toString()),
      onDelivery: (part) => (told.delivered += part.toString()),
    },
    batchSeparator,
  );
  counter.minDeliveryBytes = 126;
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    // The memory is used again for the next piece, as a socket's read buffer is.
    const piece = Buffer.from(bytes.subarray(at, at + pieceBytes));
    counter.push(piece);
    piece.fill(0);
  }
  return { ...told, deliveries: counter.deliveries, bytes: counter.bytes };
}

const LONG = 'a'.repeat(150);
const LONGER = 'b'.repeat(300);

describe.each([1, 2, 3, 7, 100, 10_000])('FrameCounter, in pieces of %i bytes', (pieceBytes) => {
  it('counts deliveries, and hands over what is short or a control frame', () => {
    const bytes = Buffer.concat([
      frame(FIN | Op.Text, 'joined'),
      frame(FIN | Op.Text, LONG),
      frame(FIN | Op.Ping, 'sign'),
      frame(FIN | Op.Text, LONGER),
      frame(FIN | Op.Text, ''),
    ]);
    expect(count(bytes, pieceBytes)).toEqual({
      deliveries: 2,
      bytes: bytes.length,
      controls: ['sign'],
      shorts: ['joined', ''],
      delivered: LONG + LONGER,
    });
  });

  it('counts a fragmented message once, also with a control frame in between', () => {
    const bytes = Buffer.concat([
      frame(Op.Text, LONG),
      frame(FIN | Op.Ping, ''),
      frame(FIN | Op.Continuation, 'tail'),
      frame(FIN | Op.Text, 'short'),
    ]);
    expect(count(bytes, pieceBytes)).toMatchObject({ deliveries: 1, shorts: ['short'], delivered: `${LONG}tail` });
  });

  it('counts the messages that are packed into one frame', () => {
    const bytes = frame(FIN | Op.Text, [LONG, LONGER, LONG].join('\n'));
    expect(count(bytes, pieceBytes, 0x0a).deliveries).toBe(3);
  });
});
