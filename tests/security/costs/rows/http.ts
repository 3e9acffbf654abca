import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import type { Cost } from '../support/cost.ts';

const SCRIPT = '/assets/app.js';
const SCRIPT_BYTES = 150_000;
const PIPELINED = 10_000;
const PIPELINING_MS = 5000;

/** What a connection costs before it is a WebSocket. */
export const HTTP_COSTS: readonly Cost[] = [
  {
    name: `one connection pipelines ${PIPELINED.toLocaleString('en')} GETs of the page's script and reads nothing`,
    before: '1.5 GB in the gateway, its loop blocked, the node counted as lost',
    settings: { demo: true, demoDir: createPage() },
    unmet: { memoryBytesPerConnection: 'answers are written whether they are read or not' },
    run: async ({ gateway }) => {
      const request = `GET ${SCRIPT} HTTP/1.1\r\nhost: a\r\n\r\n`.repeat(PIPELINED);
      const socket = await openSocket(gateway.port);
      socket.write(request);
      await Promise.race([once(socket, 'close'), delay(PIPELINING_MS)]);
      return {
        requests: PIPELINED,
        connections: 1,
        sentBytes: request.length,
        receivedBytes: 0,
        release: () => socket.destroy(),
      };
    },
  },
];

/** A socket that sees its end, and reads nothing but that. */
async function openSocket(port: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port });
  // A reset is an end like any other.
  socket.on('error', () => socket.destroy());
  socket.on('end', () => socket.destroy());
  await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
  return socket;
}

/** A page whose script is as large as that of the issue, and cannot be compressed. */
function createPage(): string {
  const page = mkdtempSync(join(tmpdir(), 'outcry-page-'));
  process.once('exit', () => {
    rmSync(page, { recursive: true });
  });
  mkdirSync(join(page, 'assets'));
  writeFileSync(join(page, 'index.html'), '<!doctype html>');
  writeFileSync(join(page, SCRIPT), randomBytes(SCRIPT_BYTES).toString('base64').slice(0, SCRIPT_BYTES));
  return page;
}
