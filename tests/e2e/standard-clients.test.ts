import { once } from 'node:events';

import { decode, encode } from '@msgpack/msgpack';
import { type GatewayProcess, startGateway, startRedis, type TestRedis, uniquePrefix } from '@outcry/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket as WsWebSocket } from 'ws';

const DEADLINE_MS = 20_000;

interface ChatMessage {
  readonly type: string;
  readonly from: string;
  readonly data: unknown;
}

/** Clients that nobody here wrote, used as their own manuals say. */
describe('standard clients', () => {
  let redis: TestRedis;
  let gateways: readonly [GatewayProcess, GatewayProcess];

  beforeAll(async () => {
    redis = await startRedis();
    const cluster = { redisUrl: redis.url, redisPrefix: uniquePrefix() };
    gateways = await Promise.all([startGateway(cluster), startGateway(cluster)]);
  });
  afterAll(async () => {
    await Promise.all(gateways.map((gateway) => gateway[Symbol.asyncDispose]()));
    await redis.stop();
  });

  /** Node's own `WebSocket`, in JSON; resolves with the first message that comes to it in the room. */
  function listenWithNode(room: string): { joined: Promise<void>; message: Promise<ChatMessage>; close: () => void } {
    const socket = new WebSocket(gateways[0].url, ['outcry.v1.json', 'bearer.node']);
    const until = <T>(pick: (frame: Record<string, unknown>) => T | undefined): Promise<T> =>
      new Promise((resolve, reject) => {
        setTimeout(() => {
          reject(new Error('nothing came in time'));
        }, DEADLINE_MS).unref();
        socket.addEventListener('message', ({ data }: MessageEvent) => {
          const picked = pick(JSON.parse(String(data)) as Record<string, unknown>);
          if (picked !== undefined) resolve(picked);
        });
      });
    socket.addEventListener('open', () => {
      socket.send(JSON.stringify({ type: 'join', id: 1, room }));
    });
    return {
      joined: until((frame) => (frame['type'] === 'joined' && frame['id'] === 1 ? true : undefined)).then(
        () => undefined,
      ),
      message: until((frame) => (frame['type'] === 'message' ? (frame as unknown as ChatMessage) : undefined)),
      close: () => {
        socket.close();
      },
    };
  }

  it("lets the ws package, in msgpack, talk to Node's own WebSocket, in JSON, through another gateway", async () => {
    const room = 'standards';
    const listener = listenWithNode(room);
    await listener.joined;
    const socket = new WsWebSocket(gateways[1].url, ['outcry.v1.msgpack', 'bearer.ws']);
    const frames: unknown[][] = [];
    socket.on('message', (data: Buffer) => frames.push(decode(data) as unknown[]));
    await once(socket, 'open', { signal: AbortSignal.timeout(DEADLINE_MS) });
    expect(socket.protocol).toBe('outcry.v1.msgpack');
    socket.send(encode([2, 1, room]));
    socket.send(encode([4, 2, room, { text: 'from ws', list: [1, 2.5, null, true] }]));
    expect(await listener.message).toMatchObject({
      type: 'message',
      from: 'ws',
      data: { text: 'from ws', list: [1, 2.5, null, true] },
    });
    expect(frames.map(([tag]) => tag)).toContain(32);
    socket.close();
    listener.close();
    await once(socket, 'close', { signal: AbortSignal.timeout(DEADLINE_MS) });
  });

  it('serves a client that offers no subprotocol, in JSON, as a guest', async () => {
    const socket = new WsWebSocket(gateways[0].url);
    const [data] = (await once(socket, 'message', { signal: AbortSignal.timeout(DEADLINE_MS) })) as [Buffer, boolean];
    const welcome = JSON.parse(data.toString()) as Record<string, unknown>;
    expect(welcome).toMatchObject({ type: 'welcome', heartbeatMs: 25_000 });
    expect(welcome['user']).toMatch(/^guest-[0-9a-f]{8}$/);
    socket.close(1000);
    const [code] = (await once(socket, 'close', { signal: AbortSignal.timeout(DEADLINE_MS) })) as [number];
    expect(code).toBe(1000);
  });
});
