import type { Socket } from 'node:net';

import { DEFAULT_DEADLINE_MS, withDeadline } from './deadline.ts';

/**
 * Resolves when the socket has ended, whichever way: a reset is an end like any other. `once(socket, 'close')` is not for this, since
 * it rejects at an `error` that comes before (Node.js, `events.once`).
 *
 * @param deadlineMs How long it may take from now, in milliseconds.
 * @throws DeadlineError if the socket is open still.
 */
export async function untilClosed(socket: Socket, deadlineMs: number = DEFAULT_DEADLINE_MS): Promise<void> {
  if (socket.closed) return;
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => {
      resolve();
    });
    socket.once('error', () => undefined);
  });
  await withDeadline(closed, { deadlineMs, describe: () => 'the socket is open still' });
}
