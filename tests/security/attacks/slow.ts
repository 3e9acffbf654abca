import { connect, type Socket } from 'node:net';
import { setInterval as ticks } from 'node:timers/promises';

import { encodeFrame, Opcode, untilClosed } from '@outcry/testkit';

import type { Attack, Attempt } from '../support/attack.ts';
import { outcomeOfEnd, withConnection } from '../support/outcome.ts';
import type { Target } from '../support/target.ts';

const SQUATTERS = 200;
const HELD_UPGRADES = 20;
/** uWebSockets.js gives a request ten seconds or so, however it comes; a busy machine needs more. */
const HEAD_DEADLINE_MS = 40_000;
const DRIP_MS = 500;

const HEAD = 'GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nX-Padding: ';

/** Attacks that are all about time. They take long, so they go on while others do. */
export const SLOW_ATTACKS: readonly Attack[] = [
  {
    name: 'connections that never say who they are are closed',
    concurrency: SQUATTERS,
    attempts: () =>
      Array.from({ length: SQUATTERS }, (_, i) => ({
        what: `squatter ${String(i)}`,
        expected: '4006 auth-timeout',
        run: ({ url }: Target) => withConnection({ url, encoding: 'json' }, ({ socket }) => outcomeOfEnd(socket)),
      })),
  },
  {
    name: 'frames that come byte by byte do not keep a connection open',
    attempts: () => [
      {
        what: 'a frame that never ends',
        expected: '4204 heartbeat-timeout',
        run: (target) =>
          withConnection({ ...target.session('json'), answersPings: false }, async ({ socket }) => {
            const frame = encodeFrame({ opcode: Opcode.Text, payload: Buffer.alloc(120, ' ') });
            const ended = outcomeOfEnd(socket, HEAD_DEADLINE_MS);
            for await (const i of drip(ended)) socket.sendRaw(frame.subarray(i, i + 1));
            return ended;
          }),
      },
    ],
  },
  {
    name: 'upgrades that are held open or come byte by byte are cut',
    concurrency: HELD_UPGRADES + 2,
    attempts: () => [
      ...Array.from({ length: HELD_UPGRADES }, (_, i) => held(`held ${String(i)}`, HEAD.slice(0, 10 + i * 4))),
      held('never begun', ''),
      {
        what: 'byte by byte',
        expected: 'cut',
        run: ({ gateway: { port } }) =>
          withSocket(port, async (socket, ended) => {
            socket.write(HEAD);
            for await (const _ of drip(ended)) socket.write('x');
          }),
      },
    ],
  },
];

function held(what: string, head: string): Attempt {
  return {
    what,
    expected: 'cut',
    run: ({ gateway: { port } }) =>
      withSocket(port, (socket) => {
        socket.write(head);
        return Promise.resolve();
      }),
  };
}

/** Opens a TCP connection, does something with it, and says whether it was cut in time. */
async function withSocket(
  port: number,
  use: (socket: Socket, ended: Promise<string>) => Promise<void>,
): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port });
  // A reset is an end like any other.
  socket.on('error', () => undefined);
  socket.resume();
  const ended = endOf(socket);
  await use(socket, ended);
  return ended.finally(() => socket.destroy());
}

async function endOf(socket: Socket): Promise<string> {
  try {
    await untilClosed(socket, HEAD_DEADLINE_MS);
    return 'cut';
  } catch {
    return 'left open';
  }
}

/** Numbers from 0, one now and then, until this has ended. */
async function* drip(ended: Promise<unknown>): AsyncGenerator<number> {
  const stop = new AbortController();
  void ended.then(() => {
    stop.abort();
  });
  let count = 0;
  try {
    for await (const _ of ticks(DRIP_MS, undefined, { signal: stop.signal })) {
      yield count;
      count += 1;
    }
  } catch (err) {
    if (!stop.signal.aborted) throw err;
  }
}
