import { once } from 'node:events';
import { connect } from 'node:net';

import { afterEach, expect, it } from 'vitest';

import { type InternalServer, startInternalServer, type UpgradeHandler } from './internal-server.ts';

let server: InternalServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function start(upgrades?: UpgradeHandler): Promise<number> {
  server = await startInternalServer(
    { host: '127.0.0.1', port: 0 },
    {
      ...{ service: 'test', checks: () => [], exposeMetrics: () => Promise.resolve(''), upgrades },
      handle: (request, response) => {
        if (request.url !== '/mine') return false;
        response.end('handled');
        return true;
      },
    },
  );
  return server.port;
}

/** As Java's own HTTP client asks, whatever it asks for: it would rather have HTTP/2. */
async function ask(port: number, path: string, protocol = 'h2c'): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(`GET ${path} HTTP/1.1\r\nHost: it\r\nConnection: Upgrade, close\r\nUpgrade: ${protocol}\r\n\r\n`);
  const [bytes] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return bytes.toString();
}

function upgradesAt(path: string): UpgradeHandler & { closed: number } {
  return {
    closed: 0,
    takes: ({ url }) => url === path,
    upgrade: (_request, socket) => {
      socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n');
    },
    close() {
      this.closed += 1;
      return Promise.resolve();
    },
  };
}

it('answers who would like another protocol as if it had not been said', async () => {
  for (const upgrades of [undefined, upgradesAt('/live')]) {
    const port = await start(upgrades);
    for (const protocol of ['h2c', 'websocket']) {
      expect(await ask(port, '/healthz', protocol)).toMatch(/^HTTP\/1\.1 200 /);
      expect(await ask(port, '/mine', protocol)).toMatch(/^HTTP\/1\.1 200 .*handled$/s);
      expect(await ask(port, '/none', protocol)).toMatch(/^HTTP\/1\.1 404 /);
    }
    await server?.close();
  }
});

it('hands on what a service takes, and has it ended with the port', async () => {
  const upgrades = upgradesAt('/live');
  const port = await start(upgrades);
  expect(await ask(port, '/live')).toMatch(/^HTTP\/1\.1 101 /);
  await server?.close();
  expect(upgrades.closed).toBe(1);
  server = undefined;
});
