import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { type ClientStatus, connect } from '@outcry/client';
import { expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';

/** As docs/CLIENT.md has it ("Where it runs"). */
const open = (url: string, protocols: string[]): WebSocket => {
  const socket = new WebSocket(url, protocols);
  socket.on('unexpected-response', (request, { statusCode, headers }) => {
    request.destroy();
    const error = new Error(`HTTP ${String(statusCode)}`);
    socket.emit('error', Object.assign(error, { retryAfter: headers['retry-after'] }));
  });
  return socket;
};

it('comes back when the answer to its handshake said, by a socket that shows it', async () => {
  const server = createServer();
  server.on('upgrade', (_, socket) => {
    socket.end('HTTP/1.1 503 Service Unavailable\r\nretry-after: 20\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const client = connect(`ws://127.0.0.1:${String(port)}/ws`, { webSocket: open });
  onTestFinished(() => {
    client.close();
    server.close();
  });
  const status = await untilTurnedAway(client.statuses());
  expect(status).toMatchObject({ attempt: 1, error: { message: 'the connection was lost: HTTP 503' } });
  const waitMs = (status.retryAt ?? 0) - performance.timeOrigin - performance.now();
  // From the nineteenth second on, of which the way here may have taken some.
  expect(waitMs).toBeGreaterThan(10_000);
  expect(waitMs).toBeLessThanOrEqual(20_000);
});

type Reconnecting = Extract<ClientStatus, { readonly state: 'reconnecting' }>;

async function untilTurnedAway(statuses: AsyncIterable<ClientStatus>): Promise<Reconnecting> {
  for await (const status of statuses) if (status.state === 'reconnecting') return status;
  throw new Error('the client has ended');
}
