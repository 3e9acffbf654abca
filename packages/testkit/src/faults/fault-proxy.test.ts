import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { DEFAULT_DEADLINE_MS, withDeadline } from '../deadline.ts';
import { FaultProxy } from './fault-proxy.ts';
import { leasePort } from '../port-lease.ts';

/** More than the kernel holds between three sockets. */
const MAX_UNDER_WAY_BYTES = 128 * 1024 * 1024;

let echo: Server;
let proxy: FaultProxy;

beforeEach(async () => {
  echo = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  echo.listen(0, '127.0.0.1');
  await once(echo, 'listening');
  proxy = await FaultProxy.start({ host: '127.0.0.1', port: (echo.address() as AddressInfo).port });
});
afterEach(async () => {
  await proxy[Symbol.asyncDispose]();
  echo.close();
});

async function open(): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port: proxy.port });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

async function read(socket: Socket, deadlineMs = DEFAULT_DEADLINE_MS): Promise<string> {
  const [bytes] = (await withDeadline(once(socket, 'data'), { deadlineMs, describe: () => 'no data' })) as [Buffer];
  return bytes.toString();
}

/** What comes, piece by piece, until it is so long. */
async function readAll(socket: Socket, length: number): Promise<readonly string[]> {
  const pieces: string[] = [];
  let received = 0;
  for await (const piece of socket.setEncoding('latin1') as AsyncIterable<string>) {
    pieces.push(piece);
    received += piece.length;
    if (received >= length) break;
  }
  return pieces;
}

describe('the fault proxy', () => {
  it('puts other words in place of what the far side says, where it is made to', async () => {
    const { port } = echo.address() as AddressInfo;
    const createWording = (): ((piece: Buffer) => Buffer) => {
      let pieces = 0;
      return (piece) => Buffer.from(`${String((pieces += 1))} ${piece.toString()}`);
    };
    await using other = await FaultProxy.start({ host: '127.0.0.1', port, createWording });
    for (const _ of ['of each connection', 'by itself']) {
      const socket = connect({ host: '127.0.0.1', port: other.port });
      socket.write('hello');
      expect(await read(socket)).toBe('1 hello');
      socket.destroy();
    }
  });

  it('lets bytes pass both ways', async () => {
    const socket = await open();
    socket.write('hello');
    expect(await read(socket)).toBe('hello');
    socket.destroy();
  });

  it('holds everything back while it is frozen, also on connections that come then', async () => {
    const before = await open();
    before.write('a');
    expect(await read(before)).toBe('a');
    proxy.freeze();
    const during = await open();
    before.write('b');
    during.write('c');
    await expect(read(before, 100)).rejects.toThrow('no data');
    await expect(read(during, 100)).rejects.toThrow('no data');
    proxy.thaw();
    expect(await Promise.all([read(before), read(during)])).toEqual(['b', 'c']);
    before.destroy();
    during.destroy();
  });

  it('ends connections and refuses new ones after a cut, until it is restored', async () => {
    const socket = await open();
    socket.write('a');
    await read(socket);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    await proxy.cut();
    await closed;
    await expect(open()).rejects.toThrow('ECONNREFUSED');
    await expect(leasePort({ first: proxy.port, last: proxy.port })).rejects.toThrow('no port');
    await proxy.restore();
    const again = await open();
    again.write('b');
    expect(await read(again)).toBe('b');
    again.destroy();
  });

  it('loses what the far side says, and only to whom it is meant for', async () => {
    const [deaf, other] = [await open(), await open()];
    proxy.inflict({ toClient: { isLost: true }, saying: 'I am deaf' });
    deaf.write('I am deaf');
    other.write('I am not');
    expect(await read(other)).toBe('I am not');
    await expect(read(deaf, 100)).rejects.toThrow('no data');
    proxy.heal();
    deaf.write('now');
    expect(await read(deaf)).toBe('now');
    deaf.destroy();
    other.destroy();
  });

  it('delays each piece by its own time and keeps their order', async () => {
    const socket = await open();
    const delays = [60, 0, 30];
    proxy.inflict({ toClient: { delayMs: () => delays.shift() ?? 0 } });
    const startedAt = performance.now();
    let received = '';
    for (const piece of ['a', 'b', 'c']) {
      socket.write(piece);
      await new Promise((resolve) => setImmediate(resolve));
    }
    while (received.length < 3) received += await read(socket);
    expect(received).toBe('abc');
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(59);
    socket.destroy();
  });

  it('holds one direction alone', async () => {
    const socket = await open();
    proxy.inflict({ toServer: { isHeld: true } });
    socket.write('a');
    await expect(read(socket, 100)).rejects.toThrow('no data');
    proxy.heal();
    expect(await read(socket)).toBe('a');
    socket.destroy();
  });

  it('lets so many bytes a second pass, in small pieces and in order', async () => {
    const socket = await open();
    proxy.inflict({ toClient: { bytesPerSecond: 20_000 } });
    const startedAt = performance.now();
    const sent = Array.from({ length: 1000 }, (_, i) => String(i).padStart(4)).join('');
    socket.write(sent);
    const pieces = await readAll(socket, sent.length);
    expect(pieces.join('')).toBe(sent);
    expect(pieces.length).toBeGreaterThan(1);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(199);
    socket.destroy();
  });

  it('makes the sender wait where a slow line has enough to do, and lets all pass once it is healed', async () => {
    const socket = await open();
    proxy.inflict({ toServer: { bytesPerSecond: 1000 } });
    const written = (piece: Buffer): Promise<void> =>
      new Promise((resolve) => {
        socket.write(piece, () => {
          resolve();
        });
      });
    const piece = Buffer.alloc(64 * 1024);
    let sentBytes = 0;
    let isTaken = true;
    while (isTaken) {
      sentBytes += piece.length;
      expect(sentBytes).toBeLessThan(MAX_UNDER_WAY_BYTES);
      isTaken = await withDeadline(written(piece), { deadlineMs: 500, describe: () => 'not taken' }).then(
        () => true,
        () => false,
      );
    }
    proxy.heal();
    expect((await readAll(socket, sentBytes)).join('').length).toBe(sentBytes);
    socket.destroy();
  });

  it('ends connections as one who has had enough of them, behind what was said, and takes new ones', async () => {
    const socket = await open();
    socket.write('a');
    expect(await read(socket)).toBe('a');
    const ended = once(socket, 'end');
    proxy.endConnections();
    await withDeadline(ended, { deadlineMs: 2000, describe: () => 'no end' });
    const again = await open();
    again.write('b');
    expect(await read(again)).toBe('b');
    again.destroy();
    socket.destroy();
  });

  it('passes on an end behind everything that was said before it', async () => {
    const socket = await open();
    proxy.inflict({ toServer: { delayMs: () => 30 } });
    socket.end('last words');
    expect(await read(socket)).toBe('last words');
    await once(socket, 'close');
  });
});
