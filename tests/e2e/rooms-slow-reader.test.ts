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

  async function start(): Promise<GatewayProcess> {
    const cluster = { redisUrl: redis.url, redisPrefix: uniquePrefix() };
    const limits = { softBufferBytes: SOFT, hardBufferBytes: 8 * SOFT, laggingTimeoutMs: DEADLINE_MS };
    const gateway = await startGateway({ ...cluster, ...limits, maxFramesPerSecond: 0, maxBytesPerSecond: 0 });
    onTestFinished(() => gateway[Symbol.asyncDispose]());
    return gateway;
  }

  async function join(gateway: GatewayProcess): Promise<RawClient> {
    const client = await RawClient.connect({ url: gateway.url, encoding });
    onTestFinished(() => {
      client.socket.destroy();
    });
    await client.expectAnswer('joined', { type: 'join', room: ROOM, history: 0 });
    return client;
  }
});

function seqs(client: RawClient): readonly number[] {
  const isOfRoom = (frame: WireServerFrame): frame is ServerFrameOf<'message'> =>
    frame.type === 'message' && frame.room === ROOM;
  return client.received.filter(isOfRoom).map(({ seq }) => seq);
}
