import { type Frame, Opcode, type RawSocket } from '@outcry/testkit';

import type { Attack, Attempt } from '../support/attack.ts';
import { outcomeOfFrames } from '../support/outcome.ts';
import type { Target } from '../support/target.ts';

const PING = Buffer.from('{"type":"ping"}');
const KIB = 1024;

function attempt(what: string, expected: string, send: (socket: RawSocket) => void): Attempt {
  return {
    what,
    expected,
    run: (target: Target) =>
      outcomeOfFrames(target.session('json'), ({ socket }) => {
        send(socket);
      }),
  };
}

function frames(what: string, sent: readonly Partial<Frame>[], expected = 'cut'): Attempt {
  return attempt(what, expected, (socket) => {
    for (const frame of sent) socket.sendFrame({ opcode: Opcode.Text, payload: PING, ...frame });
  });
}

/** The head of a text frame that says it is as long as this, and the first bytes of it. */
function promising(bytes: bigint): Uint8Array {
  const head = Buffer.alloc(14);
  head.set([0x81, 0xff]);
  head.writeBigUInt64BE(bytes, 2);
  return Buffer.concat([head, Buffer.alloc(100)]);
}

const FIRST = { fin: false, payload: PING.subarray(0, 4) };
const NEXT = { fin: false, opcode: Opcode.Continuation };

export const WEBSOCKET_ATTACKS: readonly Attack[] = [
  {
    name: 'frames that break the WebSocket protocol end the connection',
    attempts: () => [
      ...[0b100, 0b010, 0b001, 0b111].map((rsv) => frames(`reserved bits ${rsv.toString(2)}`, [{ rsv }])),
      ...[0x3, 0x7, 0xb, 0xf].map((opcode) => frames(`opcode ${String(opcode)}`, [{ opcode }])),
      frames('unmasked', [{ isMasked: false }]),
      frames('a fragmented ping', [{ opcode: Opcode.Ping, fin: false }]),
      frames('a ping of 126 bytes', [{ opcode: Opcode.Ping, payload: Buffer.alloc(126) }]),
      frames('a close of 126 bytes', [{ opcode: Opcode.Close, payload: Buffer.alloc(126) }]),
      frames('a continuation of nothing', [{ opcode: Opcode.Continuation }]),
      frames('a message within a message', [FIRST, {}]),
      frames('text that is not UTF-8', [{ payload: Buffer.of(0xc3, 0x28) }]),
      ...[2n ** 16n + 1n, 2n ** 31n, 2n ** 32n, 2n ** 63n, 2n ** 64n - 1n].map((bytes) =>
        attempt(`a frame of ${String(bytes)} bytes`, 'cut', (socket) => {
          socket.sendRaw(promising(bytes));
        }),
      ),
      attempt('HTTP in place of frames', 'cut', (socket) => {
        socket.sendRaw(Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'));
      }),
      frames('binary on a JSON session', [{ opcode: Opcode.Binary }], '1003 unsupported-data'),
    ],
  },
  {
    name: 'fragments are counted together',
    attempts: () => [
      frames('17 KiB', [{ ...FIRST, payload: Buffer.alloc(KIB, ' ') }, ...fragments(15), last()], '1009 too-big'),
      frames('128 KiB', [{ ...FIRST, payload: Buffer.alloc(KIB, ' ') }, ...fragments(126), last()]),
      frames(
        'a thousand of nothing and one of something wrong',
        [
          { fin: false, payload: Buffer.alloc(0) },
          ...Array.from({ length: 1000 }, () => ({ ...NEXT, payload: Buffer.alloc(0) })),
          { opcode: Opcode.Continuation, payload: Buffer.from('x') },
        ],
        '4002 malformed',
      ),
    ],
  },
  {
    name: 'compression is not negotiated, and ends the connection where it is used all the same',
    attempts: () => [
      {
        what: 'offered, and used',
        expected: 'cut',
        run: (target) =>
          outcomeOfFrames({ ...target.session('json'), headers: OFFER }, ({ socket }) => {
            if (socket.response.headers['sec-websocket-extensions'] !== undefined) return;
            // What they would inflate to makes no difference: the bit alone is refused.
            socket.sendFrame({ opcode: Opcode.Text, rsv: 0b100, payload: Buffer.alloc(10 * KIB) });
          }),
      },
    ],
  },
];

const OFFER = { 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' };

function fragments(count: number): readonly Partial<Frame>[] {
  return Array.from({ length: count }, () => ({ ...NEXT, payload: Buffer.alloc(KIB, ' ') }));
}

function last(): Partial<Frame> {
  return { opcode: Opcode.Continuation, payload: Buffer.alloc(KIB, ' ') };
}
