import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { createCodecs } from '@outcry/protocol';

import { type Contestant, type Dialect, ROOM } from './contestant.ts';
import { RAW_DIALECT } from './raw-dialect.ts';
import { ServerProcess } from './server-process.ts';

interface NodeServer extends Pick<Contestant, 'name' | 'label' | 'isClustered' | 'dialect'> {
  /** In `servers/`; its first argument is the URL of Redis. */
  readonly file: string;
  /** The package that the version is of. */
  readonly packageName: string;
}

const SOCKET_IO_PATH = '/socket.io/?EIO=4&transport=websocket';

/** Engine.IO 4 and Socket.IO 5 by hand: `40` connects, `42` is an event, `2` and `3` are ping and pong. */
const SOCKET_IO_DIALECT: Dialect = {
  rules: { minDeliveryBytes: 126, keepAlive: { request: '2', reply: '3' } },
  memberPath: SOCKET_IO_PATH,
  publisherPath: `${SOCKET_IO_PATH}&role=publisher`,
  // The handshake of Engine.IO, the one of Socket.IO, and the event `joined`.
  greetMember: () => ({ subprotocols: [], frames: ['40'], answers: 3 }),
  greetPublisher: () => ({ subprotocols: [], frames: ['40'], answers: 2 }),
  publish: (text) => `42["publish",${JSON.stringify(text)}]`,
};

/** uWebSockets.js alone: its own topics, one process, no Redis. Nothing that is built on it can be cheaper, unless it coalesces. */
export const BARE_UWS = createNodeServer({
  name: 'bare-uws',
  label: 'bare uWebSockets.js',
  isClustered: false,
  dialect: RAW_DIALECT,
  file: 'bare-uws.ts',
  packageName: 'uWebSockets.js',
});

export const WS_IOREDIS = createNodeServer({
  name: 'ws-ioredis',
  label: 'ws + ioredis',
  isClustered: true,
  dialect: RAW_DIALECT,
  file: 'ws-ioredis.ts',
  packageName: 'ws',
});

export const SOCKET_IO = createNodeServer({
  name: 'socket-io',
  label: 'Socket.IO + Redis adapter',
  isClustered: true,
  dialect: SOCKET_IO_DIALECT,
  file: 'socket-io.ts',
  packageName: 'socket.io',
});

/** The least that a publish through Redis can be: decode, authorise, one Lua call, acknowledge. It takes part in no comparison of servers. */
export const PROTOTYPE = createNodeServer({
  name: 'prototype',
  label: 'prototype path',
  isClustered: true,
  dialect: {
    ...RAW_DIALECT,
    publish: (text) => createCodecs().msgpack.encodeClient({ type: 'publish', room: ROOM, data: text }),
  },
  file: 'prototype.ts',
  packageName: 'uWebSockets.js',
});

function createNodeServer({ file, packageName, ...server }: NodeServer): Contestant {
  return {
    ...server,
    prepare: () => Promise.resolve(versionOf(packageName)),
    start: (redisUrl) =>
      ServerProcess.start({
        command: process.execPath,
        args: [fileURLToPath(new URL(`servers/${file}`, import.meta.url)), redisUrl],
        env: { NODE_ENV: 'production' },
        listening: /^listening (\d+)$/,
      }),
  };
}

function versionOf(packageName: string): string {
  const manifest = new URL(`../../../node_modules/${packageName}/package.json`, import.meta.url);
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
  return version;
}
