import type { AddressInfo } from 'node:net';

import { Redis } from 'ioredis';
import { WebSocket, WebSocketServer } from 'ws';

const CHANNEL = 'bench-ws';
const [redisUrl = ''] = process.argv.slice(2);

const commands = new Redis(redisUrl);
const subscriber = new Redis(redisUrl);
await subscriber.subscribe(CHANNEL);

const members = new Set<WebSocket>();
subscriber.on('message', (_channel, message) => {
  for (const member of members) if (member.readyState === WebSocket.OPEN) member.send(message);
});

const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
server.on('connection', (socket, request) => {
  if (request.url === '/publish') {
    socket.on('message', (data: Buffer) => void commands.publish(CHANNEL, data.toString()));
    return;
  }
  members.add(socket);
  socket.once('close', () => members.delete(socket));
  socket.send('joined');
});
server.once('listening', () => {
  console.log(`listening ${String((server.address() as AddressInfo).port)}`);
});
