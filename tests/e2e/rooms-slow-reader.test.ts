import {
  type GatewayProcess,
  type GatewaySettings,
  RawClient,
  type ServerFrameOf,
  startGateway,
  startRedis,
  type TestRedis,
  uniquePrefix,
  type WireServerFrame,
  UNLIMITED,
} from '@outcry/testkit';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import { metricOf, metricsOf, untilMetric } from '../metrics.ts';
import { eventually } from '../support/eventually.ts';

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
    expect(seqs(slow.received)).toEqual(all);
    expect(seqs(fast.received)).toEqual(all);
    expect(slow.received.filter(({ type }) => type === 'lagging').length).toBeGreaterThan(0);
    expect(fast.received.some(({ type }) => type === 'lagging' || type === 'reset')).toBe(false);
  });

  it('gets a replay that is many times what it may leave unread', async () => {
    const count = 2000;
    const gateway = await start({ hardBufferBytes: (count * DATA.length) / 8 });
    const fast = await join(gateway);
    for (let i = 0; i < count; i++) await fast.expectAnswer('ack', { type: 'publish', room: ROOM, data: DATA });
    await fast.next({ type: 'message', room: ROOM, seq: count }, DEADLINE_MS);
    const late = await connect(gateway);
    late.pause();
    // A replay that the kernel takes whole keeps nobody waiting: then it is asked for again.
    let before = await progressOf(gateway);
    for (let now = before; now.held === 0; before = now) {
      late.send({ type: 'join', room: ROOM, history: count });
      await eventually(
        async () => {
          now = await progressOf(gateway);
          return now.held > 0 || now.sent >= before.sent + count || now.errors > before.errors;
        },
        { deadlineMs: DEADLINE_MS, describe: () => `the replay came to ${JSON.stringify(now)}` },
      );
    }
    late.resume();
    await fast.expectAnswer('ack', { type: 'publish', room: ROOM, data: DATA });
    await late.next({ type: 'message', room: ROOM, seq: count + 1 }, DEADLINE_MS);
    const begin = late.received.findLastIndex((frame) => frame.type === 'joined' && frame.room === ROOM);
    expect(seqs(late.received.slice(begin))).toEqual(Array.from({ length: count + 1 }, (_, i) => i + 1));
  });

  async function start(settings: GatewaySettings = {}): Promise<GatewayProcess> {
    const gateway = await startGateway({
      redisUrl: redis.url,
      redisPrefix: uniquePrefix(),
      softBufferBytes: SOFT,
      hardBufferBytes: HARD,
      laggingTimeoutMs: DEADLINE_MS,
      ...UNLIMITED,
      historyCount: 5000,
      ...settings,
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

/** Rooms that were held back from slow clients, frames that were sent and errors among them, to everybody and ever. */
async function progressOf(gateway: GatewayProcess): Promise<{ held: number; sent: number; errors: number }> {
  const names = ['rooms_held_back_total', 'messages_out_total', 'errors_total'].map((name) => `outcry_gateway_${name}`);
  const [held = 0, sent = 0, errors = 0] = await metricsOf(gateway, ...names);
  return { held, sent, errors };
}

function seqs(frames: readonly WireServerFrame[]): readonly number[] {
  const isOfRoom = (frame: WireServerFrame): frame is ServerFrameOf<'message'> =>
    frame.type === 'message' && frame.room === ROOM;
  return frames.filter(isOfRoom).map(({ seq }) => seq);
}
