import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { leasePort } from '@outcry/testkit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { RedisConnector } from './connector.ts';
import { routeToServer } from './route.ts';

const CHUNK = Buffer.alloc(100, 'x');

function createConnector(port: number): RedisConnector {
  const address = { host: '127.0.0.1', port };
  const route = routeToServer({ kind: 'single', shown: '', isTls: false, credentials: undefined, address });
  return new RedisConnector({}, { route, untilDue: () => Promise.resolve(), handleFound: () => undefined });
}

describe('RedisConnector', () => {
  let server: Server;
  let far: Socket;
  let near: Socket;

  beforeEach(async () => {
    server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    near = await createConnector(port).connect();
    [far] = await accepted;
  });

  afterEach(async () => {
    near.destroy();
    far.destroy();
    server.close();
    await once(server, 'close');
  });

  /** Whatever was sent before it has had its turn to be read. */
  async function roundTrip(): Promise<void> {
    far.once('data', () => far.write('!'));
    near.write('?');
    await vi.waitFor(() => {
      expect(far.bytesRead).toBe(1);
    });
    await new Promise(setImmediate);
  }

  it('stops reading while it is paused, and reads the rest afterwards', async () => {
    near.on('data', () => undefined);
    near.pause();
    far.write(CHUNK);
    await vi.waitFor(() => {
      expect(near.bytesRead).toBe(CHUNK.length);
    });
    far.write(CHUNK);
    await roundTrip();
    expect(near.bytesRead).toBe(CHUNK.length);
    near.resume();
    await vi.waitFor(() => {
      expect(near.bytesRead).toBe(2 * CHUNK.length + 1);
    });
  });

  it('goes on reading while it hands on what it has read, to a listener that came as ioredis does', async () => {
    const taken: Buffer[] = [];
    near.prependListener('data', (data) => taken.push(data));
    near.resume();
    const push = vi.spyOn(near, 'push');
    for (const text of ['a', 'bc', 'def']) {
      far.write(text);
      await vi.waitFor(() => {
        expect(taken.map(String).at(-1)).toBe(text);
      });
    }
    // False: it would stop.
    expect(push.mock.results.map(({ value }) => value as boolean)).toEqual([true, true, true]);
  });

  it('tells why it could not connect', async () => {
    using nobody = await leasePort();
    const connector = createConnector(nobody.port);
    const stream = await connector.connect();
    await new Promise((resolve) => stream.once('close', resolve));
    expect(connector.firstError).toMatchObject({ code: 'ECONNREFUSED' });
  });
});
