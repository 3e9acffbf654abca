import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import type { Cost, CostSite } from '../support/cost.ts';
import { cpuMsOf } from '../support/usage.ts';

const SCRIPT = '/assets/app.js';
const SCRIPT_BYTES = 150_000;
const PIPELINED = 10_000;
/** What a process serves that may open 200 files, with as many idle sockets as want to be there. */
const IDLE_SOCKETS = 300;
const MAX_OPEN_FILES = 200;
/** Longer than a socket may be silent before its request, and longer than uSockets' clock is coarse. */
const IDLE_MS = 16_000;
const PIPELINING_MS = 5000;

/** What a connection costs before it is a WebSocket. */
export const HTTP_COSTS: readonly Cost[] = [
  {
    name: `one connection pipelines ${PIPELINED.toLocaleString('en')} GETs of the page's script and reads nothing`,
    before: '1.5 GB in the gateway, its loop blocked, the node counted as lost',
    settings: { demo: true, demoDir: createPage() },
    run: async ({ gateway }) => {
      const request = `GET ${SCRIPT} HTTP/1.1\r\nhost: a\r\n\r\n`.repeat(PIPELINED);
      const socket = await openSocket(gateway.port);
      socket.write(request);
      await Promise.race([closed(socket), delay(PIPELINING_MS)]);
      return {
        requests: PIPELINED,
        connections: 1,
        sentBytes: request.length,
        receivedBytes: 0,
        release: () => socket.destroy(),
      };
    },
  },
  {
    name: `${String(IDLE_SOCKETS)} idle TCP connections at \`ulimit -n ${String(MAX_OPEN_FILES)}\``,
    before: 'no descriptor left, the internal port answers nothing, the loop spins',
    maxOpenFiles: MAX_OPEN_FILES,
    run: sitIdle,
  },
];

async function sitIdle({ gateway }: CostSite): ReturnType<Cost['run']> {
  const { process, port, internalUrl } = gateway;
  const sockets = await Promise.all(Array.from({ length: IDLE_SOCKETS }, () => openSocket(port)));
  const startedAt = performance.now();
  const health = await fetch(`${internalUrl}/healthz`, { signal: AbortSignal.timeout(2000) });
  const answeredMs = performance.now() - startedAt;
  if (!health.ok) throw new Error(`/healthz says ${String(health.status)}`);
  const cpuMs = await cpuMsOf(process.pid);
  await delay(IDLE_MS);
  const idleMs = (await cpuMsOf(process.pid)) - cpuMs;
  if (idleMs > IDLE_MS / 4)
    throw new Error(`the loop spins: ${String(idleMs)} ms of the processor for sockets that idle`);
  const left = sockets.filter(({ destroyed }) => !destroyed).length;
  if (left > 0) throw new Error(`${String(left)} sockets are open ${String(IDLE_MS)} ms behind their last byte`);
  return {
    requests: 0,
    connections: IDLE_SOCKETS,
    sentBytes: 0,
    receivedBytes: 0,
    remarks: `the internal port answered in ${answeredMs.toFixed(0)} ms; all sockets had been closed after 16 s`,
  };
}

/** A socket that sees its end, and reads nothing but that. */
async function openSocket(port: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port });
  // A reset is an end like any other.
  socket.on('error', () => socket.destroy());
  socket.on('end', () => socket.destroy());
  await new Promise<void>((resolve) => {
    socket.once('connect', resolve).once('close', () => {
      resolve();
    });
  });
  return socket;
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) resolve();
    else
      socket.once('close', () => {
        resolve();
      });
  });
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
