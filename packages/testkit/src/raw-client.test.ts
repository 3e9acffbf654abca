import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';

import { RawClient } from './raw-client.ts';

interface Request {
  readonly type: string;
  readonly id?: unknown;
}

const ANSWERS: Readonly<Record<string, object>> = {
  join: { type: 'joined', room: 'pit', epoch: 'e', recovered: false, seq: 0 },
  ping: { type: 'pong', at: 1 },
};

describe('a raw client', () => {
  let server: WebSocketServer;
  let client: RawClient;
  /** What was asked and is not answered yet, the oldest first. */
  let asked: Request[];

  beforeEach(async () => {
    asked = [];
    server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    await once(server, 'listening');
    server.on('connection', (socket) => {
      socket.on('message', (bytes: Buffer) => {
        asked.push(JSON.parse(bytes.toString()) as Request);
        // The last word is answered before all others.
        const [last, ...others] = asked.toReversed();
        if (last?.type !== 'ping') return;
        asked = [];
        for (const { type, id } of [...others.reverse(), last]) socket.send(JSON.stringify({ ...ANSWERS[type], id }));
      });
    });
    const { port } = server.address() as AddressInfo;
    client = await RawClient.connect({ url: `ws://127.0.0.1:${String(port)}/ws`, encoding: 'json' });
  });
  afterEach(() => {
    client.socket.destroy();
    server.close();
  });

  it('takes no answer to what a test has sent under an id of its own for the answer to its own request', async () => {
    for (let id = 1; id <= 3; id++) client.send({ type: 'join', id });
    expect(await client.expectAnswer('pong', { type: 'ping' })).toMatchObject({ at: 1 });
    expect(client.untaken.map((frame) => 'id' in frame && frame.id)).toEqual([1, 2, 3]);
  });

  it('refuses to ask under an id that another answer may come for', async () => {
    for (const _ of [1, 2]) client.send({ type: 'join', id: 7 });
    await expect(client.request({ type: 'ping', id: 7 })).rejects.toThrow('the id 7 of ping: it has been sent before');
    await client.request({ type: 'ping' });
    await client.next({ type: 'joined', id: 7 });
    await expect(client.request({ type: 'ping', id: 7 })).rejects.toThrow('the id 7 of ping: it has been sent before');
    await client.next({ type: 'joined', id: 7 });
    expect(await client.request({ type: 'ping', id: 7 })).toMatchObject({ type: 'pong', id: 7 });
  });

  it('keeps the ids that it makes to itself', () => {
    expect(() => {
      client.send({ type: 'ping', id: 'kit:1' });
    }).toThrow("those that begin with kit: are the kit's own");
  });
});
