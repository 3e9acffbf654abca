import { encodeFrame, Opcode, type RawClient, type RawClientOptions } from '@outcry/testkit';

import type { Attack, Attempt } from '../support/attack.ts';
import { outcomeOfEnd, withConnection } from '../support/outcome.ts';
import { channelsOf } from '../support/redis-names.ts';

const RATE_LIMITED = '4101 rate-limited';
/** More than anybody's bucket holds, together with the warnings that precede the end. */
const FLOOD = 20_000;
/** Ten pings in the time of one. */
const DRIZZLE_INTERVAL_MS = 10;
const STORMERS = 10;
const JOINS = 1000;
const MAX_ROOMS = 128;
/** The beginning of the names of the rooms that are stormed. */
const STORM = 'storm-';

const PING = encodeFrame({ opcode: Opcode.Ping, payload: Buffer.alloc(0) });
const PONG = encodeFrame({ opcode: Opcode.Pong, payload: Buffer.alloc(0) });
const REQUEST = encodeFrame({ opcode: Opcode.Text, payload: Buffer.from('{"type":"ping"}') });
const GARBAGE = encodeFrame({ opcode: Opcode.Text, payload: Buffer.from('x') });

interface Flood {
  readonly what: string;
  readonly frame: Buffer;
  readonly expected?: string;
  /** Whether it comes from somebody who has not said who it is. */
  readonly isNobody?: boolean;
}

function flood({ what, frame, expected = RATE_LIMITED, isNobody = false }: Flood): Attempt {
  const bytes = Buffer.concat(Array.from({ length: FLOOD }, () => frame));
  return {
    what,
    expected,
    run: (target) => {
      const { url, encoding, token } = target.session('json');
      return outcomeOf({ url, encoding, ...(isNobody ? {} : { token }) }, (client) => {
        client.socket.sendRaw(bytes);
      });
    },
  };
}

function outcomeOf(options: RawClientOptions, send: (client: RawClient) => void): Promise<string> {
  return withConnection(options, async (client) => {
    send(client);
    return outcomeOfEnd(client.socket);
  });
}

/** One ping after the other, at a pace at which some pass in between. */
function drizzle(frame: Buffer): Attempt {
  return {
    what: 'pings, of which one in ten is in time',
    expected: RATE_LIMITED,
    run: (target) =>
      withConnection(target.session('json'), async ({ socket }) => {
        const timer = setInterval(() => {
          socket.sendRaw(frame);
        }, DRIZZLE_INTERVAL_MS);
        try {
          return await outcomeOfEnd(socket);
        } finally {
          clearInterval(timer);
        }
      }),
  };
}

export const FLOOD_ATTACKS: readonly Attack[] = [
  {
    name: 'floods of frames end the connection, after warnings',
    attempts: () => [
      flood({ what: 'requests', frame: REQUEST }),
      flood({ what: 'garbage', frame: GARBAGE, expected: '4002 malformed' }),
    ],
  },
  {
    name: 'floods of pings and pongs end the connection',
    attempts: () => [
      flood({ what: 'pings', frame: PING }),
      flood({ what: 'pongs', frame: PONG }),
      flood({ what: 'pings of nobody', frame: PING, isNobody: true }),
      drizzle(PING),
    ],
  },
  {
    name: 'join storms end the connection, and cost Redis no more than a session may have rooms',
    attempts: () =>
      Array.from({ length: STORMERS }, (_, stormer) => ({
        what: `storm ${String(stormer)}`,
        expected: RATE_LIMITED,
        run: (target) =>
          outcomeOf(target.session('msgpack'), (client) => {
            for (let i = 0; i < JOINS; i++) {
              client.send({ type: 'join', room: `${STORM}${String(stormer)}-${String(i)}` });
            }
          }),
      })),
    inspect: async (target) => {
      const count = (await channelsOf(target)).filter((channel) => channel.includes(STORM)).length;
      return count <= STORMERS * MAX_ROOMS ? [] : [`${String(count)} channels are subscribed to`];
    },
  },
];
