import {
  closeCode,
  FaultProxy,
  type GatewayProcess,
  type GatewaySettings,
  HandshakeRefusedError,
  RawSocket,
  startGateway,
  startPublisher,
  startRedis,
  type TestRedis,
  uniquePrefix,
  UNLIMITED,
} from '@outcry/testkit';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';

import { metricOf, metricsOf } from '../metrics.ts';
import { connect, ENCODINGS, open, openIn, settle, uniqueName } from './support/clients.ts';
import { flood } from './support/flood.ts';
import { runRedisCommand } from './support/redis-command.ts';
import { OWNS_SERVER } from './support/target.ts';

/** What a gateway takes to notice that its broker is gone, or back. */
const NOTICE_DEADLINE_MS = 20_000;

/** Of a gateway with a client that stops reading: far apart, so that a flood is seen between the two. */
const SLOW_READER = {
  ...UNLIMITED,
  softBufferBytes: 65_536,
  hardBufferBytes: 2 ** 28,
  laggingTimeoutMs: NOTICE_DEADLINE_MS,
} as const;
/** Messages of a room whose history is short. */
const KEPT = 10;

interface Breakage {
  readonly breakOff: (proxy: FaultProxy) => Promise<void>;
  readonly mend: (proxy: FaultProxy) => Promise<void>;
}

const BREAKAGES: Readonly<Record<string, Breakage>> = {
  'refuses connections': { breakOff: (proxy) => proxy.cut(), mend: (proxy) => proxy.restore() },
  'is silent': {
    breakOff: (proxy) => {
      proxy.freeze();
      return Promise.resolve();
    },
    mend: (proxy) => {
      proxy.thaw();
      return Promise.resolve();
    },
  },
};

describe.runIf(OWNS_SERVER).each(ENCODINGS)('faults, %s', (encoding) => {
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(async () => {
    await redis.stop();
  });

  describe.each(Object.entries(BREAKAGES))('a broker that %s', (_, { breakOff, mend }) => {
    test('makes rooms stale, until what was missed has been sent and they are fresh', async () => {
      const { proxy, cut, whole } = await startPair();
      const room = uniqueName('room');
      const client = await openIn(room, { url: cut.url, encoding });
      const elsewhere = await openIn(room, { url: whole.url, encoding });
      const inbox = client.received.find((frame) => frame.type === 'joined' && frame.room !== '@all') as {
        room: string;
      };
      await elsewhere.expectAnswer('ack', { type: 'publish', room, data: 1 });
      await client.next('message');

      await breakOff(proxy);
      for (const stale of [room, '@all', inbox.room]) {
        expect(await client.next({ type: 'stale', room: stale }, NOTICE_DEADLINE_MS)).toEqual({
          type: 'stale',
          room: stale,
        });
      }
      for (const data of [2, 3]) await elsewhere.expectAnswer('ack', { type: 'publish', room, data });
      await mend(proxy);
      const fresh = await client.next({ type: 'fresh', room }, NOTICE_DEADLINE_MS);
      expect(fresh).toEqual({ type: 'fresh', room });
      const before = client.received.slice(0, client.received.indexOf(fresh));
      expect(before.flatMap((frame) => (frame.type === 'message' ? [frame.seq] : []))).toEqual([1, 2, 3]);
      await client.next({ type: 'fresh', room: '@all' }, NOTICE_DEADLINE_MS);

      await client.expectAnswer('ack', { type: 'publish', room, data: 4 });
      expect(await elsewhere.next({ type: 'message', data: 4 })).toMatchObject({ seq: 4 });
      expect(await client.next({ type: 'message', data: 4 })).toMatchObject({ seq: 4 });
    });

    test('fails requests with unavailable, and keeps the session', async () => {
      const { proxy, cut } = await startPair();
      const room = uniqueName('room');
      const client = await openIn(room, { url: cut.url, encoding });
      await breakOff(proxy);
      for (const request of [
        { type: 'publish', room, data: 1, key: 'once' },
        { type: 'signal', room, name: 'typing' },
        { type: 'join', room: uniqueName('room') },
        { type: 'history', room, limit: 1 },
      ]) {
        const answer = await client.request(request, NOTICE_DEADLINE_MS);
        expect(answer, request.type).toMatchObject({ type: 'error', code: 'unavailable', retryable: true });
      }
      await settle(client);
      await mend(proxy);
      await client.next({ type: 'fresh', room }, NOTICE_DEADLINE_MS);
      expect(await client.request({ type: 'publish', room, data: 1, key: 'once' })).toMatchObject({
        type: 'ack',
        seq: 1,
      });
    });

    test('refuses handshakes with HTTP 503 and Retry-After, until it is back', async () => {
      const { proxy, cut } = await startPair();
      const witness = await open({ url: cut.url, encoding });
      await breakOff(proxy);
      await witness.next({ type: 'stale', room: '@all' }, NOTICE_DEADLINE_MS);
      for (const url of [cut.url, `${cut.feedUrl}?symbol=BTCUSDT`]) {
        const { response } = await refusal(url);
        expect(response.status).toBe(503);
        expect(Number(response.headers['retry-after'])).toBeGreaterThan(0);
      }
      await mend(proxy);
      await witness.next({ type: 'fresh', room: '@all' }, NOTICE_DEADLINE_MS);
      await open({ url: cut.url, encoding });
    });
  });

  test('a broker that has lost its data makes members start again with reset', async () => {
    const redisPrefix = uniquePrefix();
    const [here, there] = await Promise.all([start({ redisPrefix }), start({ redisPrefix })]);
    const room = uniqueName('room');
    const member = await openIn(room, { url: here.url, encoding });
    const publisher = await openIn(room, { url: there.url, encoding });
    let epoch = '';
    for (const data of [1, 2, 3])
      ({ epoch = '' } = await publisher.expectAnswer('ack', { type: 'publish', room, data }));
    await member.next({ type: 'message', seq: 3 });

    expect(await runRedisCommand('FLUSHALL', redis)).toBe('+OK');
    const ack = await publisher.expectAnswer('ack', { type: 'publish', room, data: 'after' });
    expect(ack.epoch).not.toBe(epoch);
    for (const client of [member, publisher]) {
      const reset = await client.next('reset', NOTICE_DEADLINE_MS);
      expect(reset).toMatchObject({ room, epoch: ack.epoch });
      const message = await client.next({ type: 'message', data: 'after' });
      expect(client.received.indexOf(reset)).toBeLessThan(client.received.indexOf(message));
      // The next message after a reset has its seq + 1.
      expect(message.seq).toBe(reset.seq + 1);
      expect(message.seq).toBe(ack.seq);
    }
    const late = await open({ url: here.url, encoding });
    const joined = await late.expectAnswer('joined', { type: 'join', room, since: { epoch, seq: 3 } });
    expect(joined).toMatchObject({ epoch: ack.epoch, recovered: false });
  });

  test('a room that another server of the broker numbers goes on with reset, recovered', async () => {
    const redisPrefix = uniquePrefix();
    const { url } = await start({ redisPrefix });
    const room = uniqueName('room');
    const member = await openIn(room, { url, encoding });
    const { epoch = '' } = await member.expectAnswer('ack', { type: 'publish', room, data: 'before' });
    await member.next({ type: 'message', seq: 1 });
    // As if the server that numbered it had been another one.
    const meta = `redis.call('KEYS', '${redisPrefix}:*:meta/${room}')[1]`;
    expect(await runRedisCommand(`EVAL "return redis.call('HSET', ${meta}, 'line', 'other')" 0`, redis)).toBe(':0');
    const ack = await member.expectAnswer('ack', { type: 'publish', room, data: 'after' });
    expect(ack.epoch).not.toBe(epoch);
    const reset = await member.next('reset', NOTICE_DEADLINE_MS);
    expect(reset).toMatchObject({ room, epoch: ack.epoch, seq: 1, recovered: true });
    const message = await member.next({ type: 'message', data: 'after' });
    expect(message.seq).toBe(2);
    expect(member.received.indexOf(reset)).toBeLessThan(member.received.indexOf(message));
    // Who was away meanwhile has missed one message, and may say so by either epoch.
    for (const since of [
      { epoch, seq: 1 },
      { epoch: ack.epoch, seq: 1 },
    ]) {
      const back = await open({ url, encoding });
      const joined = await back.expectAnswer('joined', { type: 'join', room, since });
      expect(joined).toMatchObject({ epoch: ack.epoch, seq: 1, recovered: true });
      expect(await back.next('message')).toMatchObject({ seq: 2, data: 'after' });
    }
    // The earlier one never had more.
    const ahead = await open({ url, encoding });
    const joined = await ahead.expectAnswer('joined', { type: 'join', room, since: { epoch, seq: 2 }, history: 0 });
    expect(joined).toMatchObject({ epoch: ack.epoch, seq: 2, recovered: false });
  });

  test('a publisher that is silent makes its books stale, until it is back', async () => {
    const redisPrefix = uniquePrefix();
    const publisher = await startPublisher({
      redisUrl: redis.url,
      redisPrefix,
      feed: { symbols: 'BTCUSDT', rate: 100 },
    });
    onTestFinished(() => publisher[Symbol.asyncDispose]());
    const gateway = await start({ redisPrefix });
    const client = await open({ url: gateway.url, encoding });
    await client.expectAnswer('ack', { type: 'subscribe', symbol: 'BTCUSDT', depth: 10, interval: 100 });
    await client.next('delta');
    publisher.freeze();
    const stale = await client.next('stale', NOTICE_DEADLINE_MS);
    expect(stale).toEqual({ type: 'stale', symbol: 'BTCUSDT' });
    publisher.thaw();
    const fresh = await client.next('fresh', NOTICE_DEADLINE_MS);
    expect(fresh).toEqual({ type: 'fresh', symbol: 'BTCUSDT' });
    await client.nextWhere(
      (frame) => frame.type === 'delta' && client.received.indexOf(frame) > client.received.indexOf(fresh),
      {
        what: 'delta after fresh',
      },
    );
    expect(client.received.filter(({ type }) => type === 'stale')).toHaveLength(1);
  });

  test('a publisher that starts again gives its books a new epoch, with a snapshot', async () => {
    const redisPrefix = uniquePrefix();
    const feed = { symbols: 'BTCUSDT', rate: 100 };
    const first = await startPublisher({ redisUrl: redis.url, redisPrefix, feed });
    const gateway = await start({ redisPrefix });
    const client = await open({ url: gateway.url, encoding });
    await client.expectAnswer('ack', { type: 'subscribe', symbol: 'BTCUSDT', depth: 10, interval: 100 });
    const before = await client.next('snapshot');
    await client.next('delta');
    await first.stop();
    const second = await startPublisher({ redisUrl: redis.url, redisPrefix, feed });
    onTestFinished(() => second[Symbol.asyncDispose]());
    const after = await client.next('snapshot', NOTICE_DEADLINE_MS);
    expect(after.epoch).not.toBe(before.epoch);
    const delta = await client.nextWhere(
      (frame) => frame.type === 'delta' && client.received.indexOf(frame) > client.received.indexOf(after),
      {
        what: 'delta of the new epoch',
      },
    );
    expect(delta).toMatchObject({ prev: after.seq });
  });

  test('a gateway that shuts down sends draining, closes with restart and ends well', async () => {
    const gateway = await start({ reconnectSpreadMs: 2000 });
    const room = uniqueName('room');
    const clients = await Promise.all([1, 2, 3].map(() => openIn(room, { url: gateway.url, encoding })));
    const stopped = gateway.process.stop();
    const { code, reason } = closeCode('restart');
    for (const client of clients) {
      const draining = await client.next('draining');
      expect(draining.reconnectInMs).toBeLessThanOrEqual(2000);
      expect(await client.waitForClose()).toEqual({ code, reason });
      expect(client.received.at(-1)).toBe(draining);
    }
    expect(await stopped).toEqual({ code: 0, signal: null });
  });

  test('a gateway that shuts down goes on serving those who can move, while another is there, and closes the others', async () => {
    const redisPrefix = uniquePrefix();
    const [gateway, other] = await Promise.all([start({ redisPrefix }), start({ redisPrefix })]);
    const [room, user] = [uniqueName('room'), uniqueName('user')];
    const mover = await openIn(room, { url: gateway.url, encoding, user, canMove: true });
    const plain = await openIn(room, { url: gateway.url, encoding });
    const stopped = gateway.process.stop();
    const { reconnectInMs, openForMs, stays } = await mover.next('draining');
    expect(stays).toBeUndefined();
    expect(reconnectInMs).toBe(0);
    expect(openForMs).toBeGreaterThan(5000);
    const { code, reason } = closeCode('restart');
    expect(await plain.next('draining')).not.toHaveProperty('openForMs');
    expect(await plain.waitForClose()).toEqual({ code, reason });

    const moved = await openIn(room, { url: other.url, encoding, user, canMove: true });
    await moved.expectAnswer('ack', { type: 'publish', room, data: 'there' });
    await Promise.all([mover, moved].map((client) => client.next({ type: 'message', room, data: 'there' })));
    await mover.expectAnswer('ack', { type: 'publish', room, data: 'here still' });
    await mover.close();
    expect(await stopped).toEqual({ code: 0, signal: null });
    await moved.expectAnswer('pong', { type: 'ping' });
  });

  test('a gateway that shuts down lets nobody in', async () => {
    const gateway = await start();
    const client = await open({ url: gateway.url, encoding });
    const stopped = gateway.process.stop();
    await client.next('draining');
    await expect(RawSocket.connect({ url: gateway.url })).rejects.toThrow();
    await stopped;
  });

  test('a client that reads slowly is told so each time, and misses nothing', async () => {
    // All that it misses is kept, and waits there, not for this socket.
    const gateway = await start({ ...SLOW_READER, historyCount: 100_000 });
    const room = uniqueName('room');
    const slow = await openIn(room, { url: gateway.url, encoding });
    const told = (): Promise<number> => metricOf(gateway, 'outcry_gateway_lagging_total');
    let last = 0;
    for (let time = 1; time <= 2; time++) {
      const before = await told();
      slow.pause();
      last += await flood({ url: gateway.url, room, until: async () => (await told()) > before });
      slow.resume();
      await slow.next({ type: 'message', seq: last }, NOTICE_DEADLINE_MS);
      const warnings = slow.received.flatMap((frame) => (frame.type === 'lagging' ? [frame.bufferedBytes] : []));
      expect(warnings).toHaveLength(await told());
      expect(Math.min(...warnings)).toBeGreaterThan(SLOW_READER.softBufferBytes);
    }
    const seqs = slow.received.flatMap((frame) => (frame.type === 'message' ? [frame.seq] : []));
    expect(seqs).toEqual(Array.from({ length: last }, (_, index) => index + 1));
  });

  test('a client that reads so slowly that retention does not reach is reset, and goes on from there', async () => {
    const gateway = await start({ ...SLOW_READER, historyCount: KEPT });
    const room = uniqueName('room');
    const slow = await openIn(room, { url: gateway.url, encoding });
    slow.pause();
    const last = await flood({ url: gateway.url, room, until: moreThanIsKept(gateway) });
    slow.resume();
    await slow.next({ type: 'reset', room }, NOTICE_DEADLINE_MS);
    const next = last + (await flood({ url: gateway.url, room, until: () => true }));
    await slow.next({ type: 'message', room, seq: next }, NOTICE_DEADLINE_MS);
    let seq = 0;
    for (const frame of slow.received) {
      if (frame.type === 'reset') seq = frame.seq;
      if (frame.type !== 'message') continue;
      expect(frame.seq).toBe(seq + 1);
      seq = frame.seq;
    }
  });

  test('a gateway pings every heartbeatMs', async () => {
    const gateway = await start({ heartbeatMs: 400, idleTimeoutMs: 20_000 });
    const startedAt = performance.now();
    const client = await connect({ url: gateway.url, encoding });
    expect((await client.next('welcome')).heartbeatMs).toBe(400);
    // Each comes long before the first would by default.
    for (let i = 0; i < 6; i++) await client.socket.next(['ping'], 10_000);
    // Five heartbeats have passed whole, however late each ping was seen; less what timers take from them.
    expect(performance.now() - startedAt).toBeGreaterThan(5 * 400 * 0.95);
  });

  /** Two gateways of one cluster: the one behind the proxy can be cut off, the other goes on. */
  async function startPair(): Promise<{ proxy: FaultProxy; cut: GatewayProcess; whole: GatewayProcess }> {
    const redisPrefix = uniquePrefix();
    const proxy = await FaultProxy.start(redis);
    onTestFinished(() => proxy[Symbol.asyncDispose]());
    const [cut, whole] = await Promise.all([
      start({ redisPrefix, redisUrl: `redis://127.0.0.1:${String(proxy.port)}` }),
      start({ redisPrefix }),
    ]);
    return { proxy, cut, whole };
  }

  async function start(settings: GatewaySettings = {}): Promise<GatewayProcess> {
    const gateway = await startGateway({ redisUrl: redis.url, redisPrefix: uniquePrefix(), ...settings });
    onTestFinished(() => gateway[Symbol.asyncDispose]());
    return gateway;
  }
});

/** Whether more than is kept has been published while a client's rooms wait for it. */
function moreThanIsKept(gateway: GatewayProcess): (published: number) => Promise<boolean> {
  let wait = { held: 0, since: 0 };
  return async (published) => {
    const [held = 0, released = 0] = await metricsOf(
      gateway,
      'outcry_gateway_rooms_held_back_total',
      'outcry_gateway_rooms_released_total',
    );
    // The kernel may have taken more, so that they were released, and held back again.
    if (held === released || held !== wait.held) wait = { held, since: published };
    return published - wait.since > KEPT;
  };
}

async function refusal(url: string): Promise<HandshakeRefusedError> {
  try {
    (await RawSocket.connect({ url })).destroy();
  } catch (error) {
    if (error instanceof HandshakeRefusedError) return error;
    throw error;
  }
  throw new Error(`${url} let a client in`);
}
