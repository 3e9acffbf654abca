import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { createAdapter } from '@socket.io/redis-adapter';
import { Redis } from 'ioredis';
import { Server } from 'socket.io';

const ROOM = 'room';
const [redisUrl = ''] = process.argv.slice(2);

const commands = new Redis(redisUrl);
const http = createServer();
const io = new Server(http, { transports: ['websocket'], adapter: createAdapter(commands, commands.duplicate()) });

io.on('connection', (socket) => {
  if (socket.handshake.query['role'] !== 'publisher') {
    void socket.join(ROOM);
    socket.emit('joined');
  }
  socket.on('publish', (data: string) => {
    io.to(ROOM).emit('message', data);
  });
});
http.listen(0, '127.0.0.1', () => {
  console.log(`listening ${String((http.address() as AddressInfo).port)}`);
});
