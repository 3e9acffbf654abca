import {
  type GatewayProcess,
  RawClient,
  type ServerFrameOf,
  startGateway,
  startRedis,
  type TestRedis,
  uniquePrefix,
  type WireServerFrame,
} from '@outcry/testkit';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import { metricOf, untilMetric } from '../metrics.ts';

const ROOM = 'pit';
const DEADLINE_MS = 60_000;
const SOFT = 64 * 1024;
/** More than is published between two looks at what a client leaves unread, or it is sent away before it is told. */
const HARD = 64 * SOFT;
const DATA = 'x'.repeat(4000);
/** Fewer than a room keeps by default. */
const HELD_BACK = 300;

describe.each(['json', 'msgpack'] as const)('a member that stops reading, over real sockets, %s', (encoding) => {
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(async () => {
    await redis.stop();
  });

  it('gets all that it missed, in order and once, and nobody else notices', async () => {
    const gateway = await start();
    const [slow, fast] = [await join(gateway), await join(gateway)];
    slow.pause();
    let sent = 0;
    const publish = async (): Promise<void> => {
      await fast.expectAnswer('ack', { type: 'publish', room: ROOM, data: DATA });
      sent += 1;
    };
    // What the kernel takes is read later like anything else; from here on messages wait in the gateway.
    while ((await metricOf(gateway, 'outcry_gateway_lagging_total')) === 0)
      for (let i = 0; i < 50; i++) await publish();
    const atWarning = sent;
    while (sent < atWarning + HELD_BACK) await publish();
    slow.resume();
    await untilMetric(gateway, 'outcry_gateway_rooms_released_total', 3);
    await publish();
    await slow.next({ type: 'message', room: ROOM, seq: sent }, DEADLINE_MS);
    await fast.next({ type: 'message', room: ROOM, seq: sent }, DEADLINE_MS);
    const all = Array.from({ length: sent }, (_, i) => i + 1);
    expect(seqs(slow)).toEqual(all);
    expect(seqs(fast)).toEqual(all);
    expect(slow.received.filter(({ type }) => type === 'lagging').length).toBeGreaterThan(0);
    expect(fast.received.some(({ type }) => type === 'lagging' || type === 'reset')).toBe(false);
  });

  it('gets a replay that is many times what it may leave unread', async () => {
    const gateway = await start();
    const fast = await join(gateway);
    const count = 5000;
    for (let i = 0; i < count; i++) await fast.expectAnswer('ack', { type: 'publish', room: ROOM, data: DATA });
    await fast.next({ type: 'message', room: ROOM, seq: count }, DEADLINE_MS);
    const late = await connect(gateway);
    late.pause();
    late.send({ type: 'join', room: ROOM, history: count });
    await untilMetric(gateway, 'outcry_gateway_rooms_held_back_total', 1);
    late.resume();
    await late.next({ type: 'message', room: ROOM, seq: count }, DEADLINE_MS);
    await fast.expectAnswer('ack', { type: 'publish', room: ROOM, data: DATA });
    await late.next({ type: 'message', room: ROOM, seq: count + 1 }, DEADLINE_MS);
    expect(seqs(late)).toEqual(Array.from({ length: count + 1 }, (_, i) => i + 1));
  });

  async function start(): Promise<GatewayProcess> {
    const cluster = { redisUrl: redis.url, redisPrefix: uniquePrefix() };
    const limits = { softBufferBytes: SOFT, hardBufferBytes: HARD, laggingTimeoutMs: DEADLINE_MS };
    const gateway = await startGateway({
      ...cluster,
      ...limits,
      maxFramesPerSecond: 0,
      maxBytesPerSecond: 0,
      historyCount: 5000,
    });
    onTestFinished(() => gateway[Symbol.asyncDispose]());
    return gateway;
  }

  async function connect(gateway: GatewayProcess): Promise<RawClient> {
    const client = await RawClient.connect({ url: gateway.url, encoding });
    onTestFinished(() => {
      client.socket.destroy();
    });
    return client;
  }

  async function join(gateway: GatewayProcess): Promise<RawClient> {
    const client = await connect(gateway);
    await client.expectAnswer('joined', { type: 'join', room: ROOM, history: 0 });
    return client;
  }
});

function seqs(client: RawClient): readonly number[] {
  const isOfRoom = (frame: WireServerFrame): frame is ServerFrameOf<'message'> =>
    frame.type === 'message' && frame.room === ROOM;
  return client.received.filter(isOfRoom).map(({ seq }) => seq);
}
