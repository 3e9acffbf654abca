import { fileURLToPath } from 'node:url';

import { BEARER_PREFIX, createCodecs, type Encoding, SUBPROTOCOLS } from '@outcry/protocol';
import { GATEWAY_RUNTIME } from '@outcry/testkit';

import type { Greeting } from '../generator/client-plan.ts';
import { type Contestant, type Dialect, ROOM } from './contestant.ts';
import { ServerProcess } from './server-process.ts';

const GATEWAY = fileURLToPath(new URL('../../../services/gateway/src/main.ts', import.meta.url));
/** Anyone may publish to the room: members alone are sent its messages, and no other server makes its publishers members. */
const ROOM_RULES = fileURLToPath(new URL('room-rules.json', import.meta.url));

/** `welcome`, and `joined` for `@all` and the inbox. */
const ANSWERS_TO_WELCOME = 3;

export interface OutcryOptions {
  readonly encoding: Encoding;
  /** More settings of the gateway, as `OUTCRY_*` variables. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Arguments for Node itself. */
  readonly nodeArgs?: readonly string[];
}

/** The gateway as it is: with Redis, history, numbering and presence, only without the limit on how fast a client may publish. */
export function createOutcry({ encoding, settings = {}, nodeArgs = [] }: OutcryOptions): Contestant {
  return {
    name: `outcry-${encoding}`,
    label: `outcry ${encoding}`,
    isClustered: true,
    dialect: createDialect(encoding),
    prepare: () => Promise.resolve('this checkout'),
    start: (redisUrl) =>
      ServerProcess.start({
        command: process.execPath,
        args: [...GATEWAY_RUNTIME.nodeArgs, ...nodeArgs, GATEWAY],
        env: {
          ...GATEWAY_RUNTIME.env,
          OUTCRY_HOST: '127.0.0.1',
          OUTCRY_PORT: '0',
          OUTCRY_INTERNAL_PORT: '0',
          OUTCRY_REDIS_URL: redisUrl,
          OUTCRY_ROOM_RULES_FILE: ROOM_RULES,
          OUTCRY_MAX_FRAMES_PER_SECOND: '0',
          OUTCRY_MAX_BYTES_PER_SECOND: '0',
          OUTCRY_MAX_STORED_BYTES_PER_USER: '0',
          OUTCRY_MAX_STORED_BYTES_PER_ADDRESS: '0',
          OUTCRY_MAX_NEW_ROOMS_PER_USER: '0',
          OUTCRY_MAX_NEW_ROOMS_PER_ADDRESS: '0',
          ...settings,
        },
        listening: /"port":(\d+).*"msg":"gateway listening"/,
      }),
  };
}

function createDialect(encoding: Encoding): Dialect {
  const codec = createCodecs()[encoding];
  const greet = (user: string): Greeting => ({
    subprotocols: [SUBPROTOCOLS[encoding], BEARER_PREFIX + user],
    frames: [],
    answers: ANSWERS_TO_WELCOME,
  });
  return {
    // A `message` with a payload of 150 bytes is longer than an `ack`, which has a header of two bytes.
    rules: { minDeliveryBytes: 126 },
    memberPath: '/ws',
    publisherPath: '/ws',
    greetMember: (index) => ({
      ...greet(`member-${String(index)}`),
      frames: [codec.encodeClient({ type: 'join', room: ROOM, history: 0 })],
      answers: ANSWERS_TO_WELCOME + 1,
    }),
    greetPublisher: (index) => greet(`publisher-${String(index)}`),
    publish: (text) => codec.encodeClient({ type: 'publish', room: ROOM, data: text }),
  };
}
