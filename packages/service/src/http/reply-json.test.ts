import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterEach, describe, expect, it } from 'vitest';

import { replyJson, replyOrRefuse } from './reply-json.ts';

let server: Server | undefined;
afterEach(async () => {
  const ended = server;
  server = undefined;
  await new Promise((resolve) => ended?.close(resolve));
});

async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const started = createServer(answer);
  server = started;
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${String((started.address() as AddressInfo).port)}/`;
}

const ENDLESS: { itself?: unknown } = {};
ENDLESS.itself = ENDLESS;

describe('replyOrRefuse', () => {
  it('refuses where the answer cannot be written, too', async () => {
    const url = await serve((_, response) => {
      replyOrRefuse(response, {
        reply: async () => {
          await Promise.resolve();
          replyJson(response, 200, ENDLESS);
        },
        refuse: async (err) => {
          await Promise.resolve();
          replyJson(response, 500, { name: (err as Error).name });
        },
        onFault: () => undefined,
      });
    });
    const answer = await fetch(url);
    expect([answer.status, await answer.json()]).toEqual([500, { name: 'TypeError' }]);
  });

  it('ends the connection, and not the process, where nothing can be answered', async () => {
    const faults: unknown[] = [];
    const url = await serve((_, response) => {
      replyOrRefuse(response, {
        reply: () => Promise.reject(new Error('no answer')),
        refuse: () => Promise.reject(new Error('no refusal')),
        onFault: (err) => {
          faults.push(err);
        },
      });
    });
    await expect(fetch(url)).rejects.toThrow('fetch failed');
    expect(faults).toEqual([new Error('no refusal')]);
  });
});
