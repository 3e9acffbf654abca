import { App, us_socket_local_port } from 'uWebSockets.js';

const TOPIC = 'room';
const MAX_BACKPRESSURE_BYTES = 16 * 1024 * 1024;

const app = App();
app
  .ws('/ws', {
    maxBackpressure: MAX_BACKPRESSURE_BYTES,
    open: (ws) => {
      ws.subscribe(TOPIC);
      ws.send('joined');
    },
  })
  .ws('/publish', {
    message: (_ws, message, isBinary) => {
      app.publish(TOPIC, message, isBinary);
    },
  })
  .listen('127.0.0.1', 0, (socket) => {
    if (socket === false) throw new Error('no port to listen on');
    console.log(`listening ${String(us_socket_local_port(socket))}`);
  });
