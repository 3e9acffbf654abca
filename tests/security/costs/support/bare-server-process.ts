import { App } from 'uWebSockets.js';

const SUBPROTOCOL = 'outcry.v1.json';
const ID = /"id":(\d+)/;
const ROOM = /"room":"([^"]+)"/;

/** Refuses whatever is published, and does nothing else: what a refusal costs at least. */
App()
  .ws('/ws', {
    upgrade: (response, request, context) => {
      response.upgrade({}, request.getHeader('sec-websocket-key'), SUBPROTOCOL, '', context);
    },
    message: (socket, message) => {
      const text = Buffer.from(message).toString('latin1');
      if (text.startsWith('{"type":"join"')) socket.send(`{"type":"joined","room":"${ROOM.exec(text)?.[1] ?? ''}"}`);
      else socket.send(refusalOf(ID.exec(text)?.[1] ?? ''));
    },
  })
  .listen('127.0.0.1', Number(process.argv[2]), (listening) => {
    if (listening === false) process.exit(1);
    process.send?.('listening');
  });

function refusalOf(id: string): string {
  return (
    `{"type":"error","id":${id},"code":"unavailable",` +
    '"message":"too many publishes wait for their answers; try again later","retryInMs":500}'
  );
}
