import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { leasePort } from '@outcry/testkit';

import { type Contestant, type Dialect, ROOM, UnavailableError } from './contestant.ts';
import { givenProgram, installGo } from './go-toolchain.ts';
import { ServerProcess } from './server-process.ts';

const MODULE = 'github.com/centrifugal/centrifugo/v6';
const VERSION = 'latest';
/** The path of a binary, where the module cannot be had. */
const BINARY_SETTING = 'OUTCRY_BENCH_CENTRIFUGO';
const NEWLINE = 0x0a;
const PATH = '/connection/websocket';

/** Commands and replies of a frame have a newline between them, and `{}` is the server's ping. */
const DIALECT: Dialect = {
  rules: { minDeliveryBytes: 126, batchSeparator: NEWLINE, keepAlive: { request: '{}', reply: '{}' } },
  memberPath: PATH,
  publisherPath: PATH,
  greetMember: () => ({
    subprotocols: [],
    frames: ['{"id":1,"connect":{}}', `{"id":2,"subscribe":{"channel":"${ROOM}"}}`],
    answers: 2,
  }),
  greetPublisher: () => ({ subprotocols: [], frames: ['{"id":1,"connect":{}}'], answers: 1 }),
  publish: (text) => JSON.stringify({ id: 2, publish: { channel: ROOM, data: text } }),
};

/** Centrifugo with its Redis engine, and history and presence like a room of outcry. */
export function createCentrifugo(): Contestant {
  let executable = '';
  return {
    name: 'centrifugo',
    label: 'Centrifugo + Redis engine',
    isClustered: true,
    dialect: DIALECT,
    prepare: async () => {
      const given = givenProgram(BINARY_SETTING);
      if (given === undefined) {
        executable = await installGo('centrifugo', `${MODULE}@${VERSION}`);
        return VERSION;
      }
      executable = given;
      return versionOf(given);
    },
    start: async (redisUrl) => {
      const { port } = await leasePort();
      return ServerProcess.start({
        command: executable,
        args: [],
        env: {
          CENTRIFUGO_HTTP_SERVER_ADDRESS: '127.0.0.1',
          CENTRIFUGO_HTTP_SERVER_PORT: String(port),
          CENTRIFUGO_ENGINE_TYPE: 'redis',
          CENTRIFUGO_ENGINE_REDIS_ADDRESS: redisUrl,
          CENTRIFUGO_CLIENT_INSECURE: 'true',
          CENTRIFUGO_CHANNEL_WITHOUT_NAMESPACE_HISTORY_SIZE: '1000',
          CENTRIFUGO_CHANNEL_WITHOUT_NAMESPACE_HISTORY_TTL: '600s',
          CENTRIFUGO_CHANNEL_WITHOUT_NAMESPACE_PRESENCE: 'true',
        },
        listening: new RegExp(`serving websocket.*:(${String(port)})`),
      });
    },
  };
}

/** @throws UnavailableError where it is no Centrifugo */
async function versionOf(executable: string): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(executable, ['version']);
    return stdout.trim().split('\n')[0] ?? '';
  } catch (err) {
    throw new UnavailableError(`${BINARY_SETTING}: expected the path of a Centrifugo, got "${executable}"`, {
      cause: err,
    });
  }
}
