import { Redis } from 'ioredis';
import { pack, unpack } from 'msgpackr';
import { App, us_socket_local_port, type WebSocket } from 'uWebSockets.js';

const TOPIC = 'room';
const ROOM = 'bench';
const CHANNEL = 'bench-prototype';
const MESSAGE_TAG = 1;
const ACK_TAG = 2;
const HISTORY = 1000;
const [redisUrl = ''] = process.argv.slice(2);

const PUBLISH = `
local seq = redis.call('INCR', KEYS[1])
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[1], '*', 'm', ARGV[2])
redis.call('PUBLISH', ARGV[3], ARGV[2])
return seq`;

type Publish = (...args: [string, string, number, Buffer, string]) => Promise<number>;

const commands = new Redis(redisUrl, { scripts: { publishMessage: { lua: PUBLISH, numberOfKeys: 2 } } });
const { publishMessage } = commands as unknown as { publishMessage: Publish };
const publish = publishMessage.bind(commands);
const subscriber = new Redis(redisUrl);
await subscriber.subscribe(CHANNEL);
subscriber.on('messageBuffer', (_channel: Buffer, message: Buffer) => {
  app.publish(TOPIC, message, true);
});

const mayPublishTo = new Set([ROOM]);

async function handle(ws: WebSocket<unknown>, bytes: ArrayBuffer): Promise<void> {
  const [, , room, data] = unpack(new Uint8Array(bytes)) as [number, unknown, string, unknown];
  if (!mayPublishTo.has(room)) return;
  const message = pack([MESSAGE_TAG, room, 'publisher', Date.now(), data]);
  const seq = await publish('bench-prototype-seq', 'bench-prototype-stream', HISTORY, message, CHANNEL);
  ws.send(pack([ACK_TAG, seq]), true);
}

const app = App();
app
  .ws('/ws', {
    open: (ws) => {
      ws.subscribe(TOPIC);
      ws.send('joined');
    },
  })
  .ws('/publish', {
    message: (ws, bytes) => {
      void handle(ws, bytes);
    },
  })
  .listen('127.0.0.1', 0, (socket) => {
    if (socket === false) throw new Error('no port to listen on');
    console.log(`listening ${String(us_socket_local_port(socket))}`);
  });
