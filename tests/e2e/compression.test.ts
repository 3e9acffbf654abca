import { type Client, connect, type WebSocketFactory } from '@outcry/client';
import {
  type GatewayProcess,
  RawClient,
  startGateway,
  startRedis,
  type TestRedis,
  uniquePrefix,
} from '@outcry/testkit';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

const OFFER = { 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' };
const AGREED = 'permessage-deflate; client_no_context_takeover; server_no_context_takeover';
const ROOM = 'pit';
const SHORT = 'short';
const LONG = 'long '.repeat(1000);
const TEXTS = [SHORT, LONG, SHORT, LONG, LONG];
const POLL = { timeout: 20_000, interval: 20 };

const isDeflated = ({ deflatedBytes }: { readonly deflatedBytes?: number }): boolean => deflatedBytes !== undefined;

describe('compression that is switched on', () => {
  let redis: TestRedis;
  let gateway: GatewayProcess;
  beforeAll(async () => {
    redis = await startRedis();
    gateway = await startGateway({ redisUrl: redis.url, redisPrefix: uniquePrefix(), compression: 'on' });
  });
  afterAll(async () => {
    await gateway[Symbol.asyncDispose]();
    await redis.stop();
  });

  async function joinRaw(encoding: 'json' | 'msgpack', headers: Readonly<Record<string, string>>): Promise<RawClient> {
    const client = await RawClient.connect({ url: gateway.url, encoding, headers });
    onTestFinished(() => {
      client.socket.destroy();
    });
    await client.request({ type: 'join', room: ROOM, history: 0 });
    return client;
  }

  async function textsOf(client: RawClient): Promise<readonly unknown[]> {
    const texts: unknown[] = [];
    for (const _ of TEXTS) texts.push((await client.next('message')).data);
    return texts;
  }

  function joinWithLibrary(token: string, webSocket: WebSocketFactory): { texts: unknown[]; joined: Promise<unknown> } {
    const texts: unknown[] = [];
    const client: Client = connect(gateway.url, { token, webSocket });
    onTestFinished(() => {
      client.close();
    });
    const room = client.join(ROOM, {
      history: 0,
      onEvent: (event) => {
        if (event.type === 'message') texts.push(event.data);
      },
    });
    return { texts, joined: room.joined };
  }

  it('is agreed on with who offers it, and with nobody else', async () => {
    const [offering, silent] = await Promise.all([joinRaw('json', OFFER), joinRaw('json', {})]);
    expect(offering.socket.response.headers['sec-websocket-extensions']).toBe(AGREED);
    expect(silent.socket.response.headers['sec-websocket-extensions']).toBeUndefined();
  });

  it('gives all members the same, in the same order, and is used for long frames of those who agreed', async () => {
    const speaker = await joinRaw('json', {});
    const members = [await joinRaw('json', OFFER), await joinRaw('msgpack', OFFER)];
    const plain = await joinRaw('json', {});
    const sockets: { readonly extensions: string }[] = [];
    const byLibrary = joinWithLibrary('ann', (url, protocols) => {
      const socket = new WebSocket(url, protocols);
      sockets.push(socket);
      return socket;
    });
    await byLibrary.joined;
    for (const text of TEXTS) await speaker.request({ type: 'publish', room: ROOM, data: text });

    for (const client of [...members, plain]) expect(await textsOf(client)).toEqual(TEXTS);
    await expect.poll(() => byLibrary.texts, POLL).toEqual(TEXTS);
    expect(sockets.map(({ extensions }) => extensions)).toEqual([expect.stringContaining('permessage-deflate')]);
    for (const { socket } of members) {
      const deflated = socket.received.filter(isDeflated);
      expect(deflated).toHaveLength(TEXTS.filter((text) => text === LONG).length);
      for (const { bytes, deflatedBytes } of deflated) expect(deflatedBytes).toBeLessThan(bytes.length / 10);
    }
    expect(plain.socket.received.some(isDeflated)).toBe(false);
  });
});
