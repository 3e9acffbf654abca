import type { WebSocket } from 'ws';

import type { Close } from './close.ts';

/** Listens to a fresh socket, and says once, when it is closed, all that could be known of why. */
export function watchClose(socket: WebSocket, closed: (close: Close) => void): void {
  let wasOpen = false;
  let httpStatus: number | undefined;
  let failure: string | undefined;
  socket.on('open', () => {
    wasOpen = true;
  });
  // With a listener to it, ws leaves the rest to whoever listens.
  socket.on('unexpected-response', (_request, response) => {
    httpStatus = response.statusCode;
    socket.terminate();
  });
  socket.on('error', (error) => {
    failure ??= failureOf(error);
  });
  socket.on('close', (code, reason) => {
    closed({
      code,
      reason: reason.toString(),
      wasOpen,
      ...(httpStatus === undefined ? {} : { httpStatus }),
      ...(failure === undefined ? {} : { failure }),
    });
  });
}

/** The code of the operating system or of TLS; where a name has several addresses, that of the last one. */
function failureOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}
