import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  closeCode,
  type GatewayProcess,
  makeToken,
  RawClient,
  startGateway,
  startRedis,
  type TestRedis,
  untilClosed,
  UNLIMITED,
} from '@outcry/testkit';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

/** More than the kernel takes of what nobody reads. */
const SCRIPT = randomBytes(12_000_000).toString('base64');
const SECRET = 'a-secret-of-at-least-thirty-two-characters';
const TOKEN = makeToken(SECRET, { sub: 'ann', claims: { rooms: { '*': ['read', 'write'] } } });
const MAX_PER_ADDRESS = 8;
const MAX_OPEN_FILES = 200;

describe('the sockets of the public port', () => {
  let redis: TestRedis;
  let gateway: GatewayProcess;
  let page: string;
  beforeAll(async () => {
    page = mkdtempSync(join(tmpdir(), 'outcry-page-'));
    mkdirSync(join(page, 'assets'));
    writeFileSync(join(page, 'index.html'), '<!doctype html>');
    writeFileSync(join(page, 'assets/app.js'), SCRIPT);
    redis = await startRedis();
    gateway = await startGateway({
      redisUrl: redis.url,
      demo: true,
      demoDir: page,
      accounts: true,
      authSecret: SECRET,
      maxHandshakesPerAddress: MAX_PER_ADDRESS,
      ...UNLIMITED,
      laggingTimeoutMs: 1000,
    });
  });
  afterAll(async () => {
    await gateway[Symbol.asyncDispose]();
    await redis.stop();
    rmSync(page, { recursive: true });
  });

  it.each([
    ['GET', '/assets/app.js', 200],
    ['GET', '/', 200],
    ['GET', '/nothing', 404],
    ['GET', '/ws', 426],
    ['HEAD', '/assets/app.js', 200],
    ['HEAD', '/nothing', 404],
    ['DELETE', '/', 405],
    ['POST', '/auth/login', 400],
  ])('end with the answer to a %s of %s', async (method, path, status) => {
    const { socket, received } = open(gateway.port);
    socket.write(request(method, path));
    await untilClosed(socket);
    const text = Buffer.concat(received).toString();
    const [head = '', ...body] = text.split('\r\n\r\n');
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${String(status)} `));
    expect(head.toLowerCase()).toContain('connection: close');
    if (path === '/assets/app.js') expect(body.join('')).toBe(method === 'HEAD' ? '' : SCRIPT);
    await untilSockets(gateway, { handshake: 0 });
  });

  it('end at a second request that does not wait for the answer to the first', async () => {
    for (const path of ['/assets/app.js', '/nothing', '/ws']) {
      const { socket, received } = open(gateway.port);
      socket.write(request('GET', path).repeat(1000));
      await untilClosed(socket);
      expect(Buffer.concat(received)).toHaveLength(0);
    }
    await untilSockets(gateway, { handshake: 0 });
  });

  it('take no memory for what is not read of an answer', async () => {
    const before = await residentBytes(gateway);
    const sockets = Array.from({ length: MAX_PER_ADDRESS }, () => {
      const { socket } = open(gateway.port);
      socket.pause();
      socket.write(request('GET', '/assets/app.js'));
      return socket;
    });
    await untilSockets(gateway, { handshake: MAX_PER_ADDRESS });
    // All have been answered as far as the kernel goes when this has: it came behind them.
    await fetch(`${gateway.internalUrl}/healthz`);
    expect((await residentBytes(gateway)) - before).toBeLessThan((MAX_PER_ADDRESS * SCRIPT.length) / 2);
    for (const socket of sockets) socket.destroy();
    await untilSockets(gateway, { handshake: 0 });
  });

  it('may be so many of one address that are no WebSocket, and their ends make room', async () => {
    const silent = Array.from({ length: MAX_PER_ADDRESS }, () => open(gateway.port).socket);
    await untilSockets(gateway, { handshake: MAX_PER_ADDRESS });
    const { socket: refused } = open(gateway.port);
    await untilClosed(refused);
    expect(await metric(gateway, 'outcry_gateway_sockets_refused_total{limit="address"}')).toBeGreaterThan(0);
    for (const socket of silent) socket.destroy();
    await untilSockets(gateway, { handshake: 0 });
    expect((await fetch(`${gateway.publicUrl}/`)).status).toBe(200);
  });

  it('end within 2 s of the close of a client that reads nothing, with all that waited for it', async () => {
    const publisher = await joined(gateway, TOKEN);
    const member = await joined(gateway, TOKEN);
    member.socket.pause();
    const message = 'x'.repeat(15_000);
    while ((await metric(gateway, SLOW)) === 0) {
      publisher.sendAtOnce(Array.from({ length: 100 }, () => ({ type: 'publish', room: 'market', data: message })));
      await publisher.expectAnswer('ack', { type: 'publish', room: 'market', data: message });
    }
    const closedAt = performance.now();
    await untilSockets(gateway, { open: 1, closing: 0 });
    expect(performance.now() - closedAt).toBeLessThan(3000);
  });

  it('count for a while behind their close, and send its code to who reads', async () => {
    const client = await joined(gateway, TOKEN);
    await untilSockets(gateway, { open: 1, closing: 0 });
    client.socket.sendText('no frame');
    expect(await client.waitForClose()).toMatchObject({ code: closeCode('malformed').code });
    await untilSockets(gateway, { open: 0, closing: 1 });
    await untilSockets(gateway, { closing: 0 });
  });

  it('are as many as the process may open files, and the internal port has its own', async () => {
    await using small = await startGateway({ redisUrl: redis.url }, { maxOpenFiles: MAX_OPEN_FILES });
    expect(small.process.log.map(({ msg }) => msg)).toContainEqual(expect.stringContaining('may have 200 (ulimit -n)'));
    const sockets = Array.from({ length: MAX_OPEN_FILES + 100 }, () => open(small.port).socket);
    await Promise.all(sockets.slice(MAX_OPEN_FILES).map((socket) => untilClosed(socket)));
    expect((await fetch(`${small.internalUrl}/healthz`)).status).toBe(200);
    expect(await metric(small, 'outcry_gateway_sockets_refused_total{limit="handshakes"}')).toBeGreaterThan(0);
    for (const socket of sockets) socket.destroy();
    await untilSockets(small, { handshake: 0 });
    const client = await joined(small);
    await client.expectAnswer('pong', { type: 'ping' });
  });
});

const SLOW = `outcry_gateway_closes_total{code="${String(closeCode('slowConsumer').code)}"}`;

async function joined({ url }: GatewayProcess, token?: string): Promise<RawClient> {
  const client = await RawClient.connect({ url, encoding: 'json', ...(token === undefined ? {} : { token }) });
  onTestFinished(() => {
    client.socket.destroy();
  });
  await client.expectAnswer('joined', { type: 'join', room: 'market', history: 0 });
  return client;
}

function request(method: string, path: string): string {
  return `${method} ${path} HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n`;
}

/** A socket that keeps what it reads. */
function open(port: number): { readonly socket: Socket; readonly received: readonly Buffer[] } {
  const received: Buffer[] = [];
  const socket = connect({ host: '127.0.0.1', port });
  socket.on('data', (bytes) => received.push(bytes));
  // A reset is an end like any other.
  socket.on('error', () => undefined);
  onTestFinished(() => {
    socket.destroy();
  });
  return { socket, received };
}

async function untilSockets(
  gateway: GatewayProcess,
  expected: { readonly [S in 'handshake' | 'open' | 'closing']?: number },
): Promise<void> {
  for (const [state, count] of Object.entries(expected)) {
    await expect
      .poll(() => metric(gateway, `outcry_gateway_sockets{state="${state}"}`), { message: `sockets: ${state}` })
      .toBe(count);
  }
}

function residentBytes(gateway: GatewayProcess): Promise<number> {
  return metric(gateway, 'outcry_gateway_process_resident_memory_bytes');
}

/** 0 where it has not been counted yet. */
async function metric(gateway: GatewayProcess, name: string): Promise<number> {
  const lines = (await (await fetch(`${gateway.internalUrl}/metrics`)).text()).split('\n');
  const line = lines.find((text) => text.startsWith(`${name} `));
  return line === undefined ? 0 : Number(line.slice(name.length));
}
