import { connect, type Message, type Room } from '@outcry/client';
import {
  type CollectedSpan,
  type GatewayProcess,
  HookServer,
  RawClient,
  startGateway,
  startRedis,
  type TestRedis,
  TraceCollector,
  uniquePrefix,
} from '@outcry/testkit';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

const KEY = 'a-key-of-the-server-api';
const RULES = JSON.stringify([{ pattern: 'asked.*' }, { pattern: 'chat.*', hooks: [] }]);
/** Of whoever has the message published. */
const CALLER = '00f067aa0ba902b7';
/** Two processes of one machine know the time, but for what they wait for the processor while they read it. */
const CLOCKS_MS = 50;

let traces = 0;

function newTrace(): string {
  traces += 1;
  return traces.toString(16).padStart(32, 'a');
}

function sampled(trace: string): string {
  return `00-${trace}-${CALLER}-01`;
}

async function nextOf(room: Room): Promise<Message> {
  for await (const message of room) return message;
  throw new Error('the room has ended');
}

describe('a message that is traced', () => {
  const redisPrefix = uniquePrefix();
  let redis: TestRedis;
  let collector: TraceCollector;
  let hooks: HookServer;
  let first: GatewayProcess;
  let second: GatewayProcess;
  const clients: RawClient[] = [];

  beforeAll(async () => {
    [redis, collector, hooks] = await Promise.all([startRedis(), TraceCollector.start(), HookServer.start()]);
    const shared = { redisUrl: redis.url, redisPrefix, traceUrl: collector.url, roomRules: RULES, apiKeys: KEY };
    const asking = {
      ...{ hooksPublishUrl: hooks.urlOf('publish'), hooksPlainHttp: true },
      hooksSecret: 'a-secret-of-at-least-thirty-two-characters',
    };
    [first, second] = await Promise.all([
      startGateway({ ...shared, ...asking, nodeId: 'first' }),
      startGateway({ ...shared, nodeId: 'second', traceMaxPerSecond: 4 }),
    ]);
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
  });
  afterAll(async () => {
    await Promise.all([first, second].map((gateway) => gateway[Symbol.asyncDispose]()));
    await Promise.all([redis.stop(), collector[Symbol.asyncDispose](), hooks[Symbol.asyncDispose]()]);
  });

  async function open(gateway: GatewayProcess, token: string, encoding: 'json' | 'msgpack'): Promise<RawClient> {
    const client = await RawClient.connect({ url: gateway.url, encoding, token });
    clients.push(client);
    return client;
  }

  async function say(room: string, data: unknown, traceparent?: string): Promise<void> {
    const response = await fetch(`${first.internalUrl}/api/publish`, {
      method: 'POST',
      headers: { authorization: `Bearer ${KEY}`, ...(traceparent === undefined ? {} : { traceparent }) },
      body: JSON.stringify({ room, data }),
    });
    expect(response.status).toBe(200);
  }

  /** The span of a trace that has this name. */
  function span(trace: string, name: string, instance?: string): Promise<CollectedSpan> {
    const matches = (other: CollectedSpan): boolean =>
      other.traceId === trace && other.name === name && (instance ?? other.instance) === other.instance;
    return collector.next(`span ${name} of ${instance ?? 'any node'}`, matches);
  }

  it('is traced though nobody has asked for it who sends it, in a room that somebody watches', async () => {
    const room = 'chat.watched';
    const bob = await open(second, 'bob', 'json');
    await bob.expectAnswer('joined', { type: 'join', room });
    const response = await fetch(`${first.internalUrl}/api/trace`, {
      method: 'POST',
      headers: { authorization: `Bearer ${KEY}` },
      body: JSON.stringify({ room }),
    });
    expect(await response.json()).toEqual({ nodes: 2 });
    await say(room, 'hello');
    const isOfRoom = ({ attributes }: CollectedSpan): boolean => attributes['messaging.destination.name'] === room;
    const publish = await collector.next('the publish', (one) => isOfRoom(one) && one.name === 'publish chat.*');
    expect(publish).toMatchObject({ instance: 'first', parentSpanId: undefined });
    const relay = await span(publish.traceId, 'relay chat.*', 'second');
    expect(relay.parentSpanId).toBe(publish.spanId);
    const { traceparent } = await bob.next({ type: 'message', room });
    const write = await span(publish.traceId, 'write chat.*', 'second');
    expect(traceparent).toBe(`00-${publish.traceId}-${write.spanId}-01`);
  });

  it('is one trace from the server API through Redis and two gateways into a client, in order, with links', async () => {
    const [room, trace] = ['chat.lobby', newTrace()];
    const raw = await open(first, 'raw', 'json');
    await raw.expectAnswer('joined', { type: 'join', room });
    const client = connect(second.url, { token: 'ann' });
    try {
      const joined = client.join(room);
      await joined.joined;
      await say(room, 'hello', sampled(trace));
      const message = await nextOf(joined);
      const publish = await span(trace, 'publish chat.*');
      const [decode, decide, send] = await Promise.all(
        ['decode', 'decide', 'send chat.*'].map((name) => span(trace, name)),
      );
      expect(publish).toMatchObject({ service: 'outcry-gateway', instance: 'first', parentSpanId: CALLER });
      for (const child of [decode, decide, send]) expect(child?.parentSpanId).toBe(publish.spanId);
      const startsWithin = [publish, decode, decide, send].map((each) => each?.startMs ?? 0);
      expect(startsWithin).toEqual(startsWithin.toSorted((a, b) => a - b));
      for (const instance of ['first', 'second']) {
        const relay = await span(trace, 'relay chat.*', instance);
        const write = await span(trace, 'write chat.*', instance);
        expect(relay).toMatchObject({ kind: 'consumer', parentSpanId: CALLER });
        expect(relay.links).toEqual([{ traceId: trace, spanId: send?.spanId }]);
        expect(relay.startMs).toBeGreaterThan((send?.startMs ?? 0) - CLOCKS_MS);
        expect(write).toMatchObject({ parentSpanId: relay.spanId, attributes: { 'outcry.recipients': 1 } });
        expect(write.startMs).toBeGreaterThanOrEqual(relay.startMs);
        const told = instance === 'second' ? message.traceparent : (await raw.next('message')).traceparent;
        expect(told).toBe(`00-${trace}-${write.spanId}-01`);
      }
      expect(send?.attributes).toMatchObject({
        'messaging.system': 'outcry',
        'messaging.destination.name': room,
        'messaging.destination.template': 'chat.*',
        'messaging.message.id': `${message.epoch}:${String(message.seq)}`,
      });
    } finally {
      client.close();
    }
  });

  it('is followed from a client that publishes, and by the server that is asked about it', async () => {
    const [room, trace] = ['asked.room', newTrace()];
    const client = connect(first.url, { token: 'ann' });
    try {
      const joined = client.join(room);
      await joined.joined;
      await joined.publish('hello', { traceparent: sampled(trace) });
      const ask = await span(trace, 'ask');
      const decide = await span(trace, 'decide');
      expect(ask.parentSpanId).toBe(decide.spanId);
      expect(hooks.questionsOf('publish').at(-1)?.headers['traceparent']).toBe(`00-${trace}-${ask.spanId}-01`);
      const unsampled = `00-${newTrace()}-${CALLER}-00`;
      await joined.publish('goes on', { traceparent: unsampled });
      expect(hooks.questionsOf('publish').at(-1)?.headers['traceparent']).toBe(unsampled);
      hooks.answer('publish', () => ({ json: { allow: false } }));
      const refused = newTrace();
      await expect(joined.publish('no', { traceparent: sampled(refused) })).rejects.toMatchObject({
        code: 'forbidden',
      });
      const failed = await span(refused, 'publish asked.*');
      expect(failed).toMatchObject({ hasFailed: true, attributes: { 'error.type': 'forbidden' } });
    } finally {
      hooks.reset();
      client.close();
    }
  });

  it('is nothing to anybody where it is not sampled: nothing is sent, nothing stored', async () => {
    const [room, unsampled, traced] = ['chat.quiet', newTrace(), newTrace()];
    const raw = await open(second, 'raw', 'msgpack');
    await raw.expectAnswer('joined', { type: 'join', room });
    await say(room, 'unsampled', `00-${unsampled}-${CALLER}-00`);
    await say(room, 'malformed', 'no trace at all');
    await say(room, 'traced', sampled(traced));
    expect(await raw.next('message')).not.toHaveProperty('traceparent');
    expect(await raw.next('message')).not.toHaveProperty('traceparent');
    expect(await raw.next('message')).toHaveProperty('traceparent');
    // What was told before it would have come before it: one request goes at a time.
    await Promise.all([span(traced, 'publish chat.*'), span(traced, 'relay chat.*', 'second')]);
    expect(collector.spans.filter(({ traceId }) => traceId === unsampled)).toEqual([]);
    const redisClient = new Redis(redis.url);
    try {
      const [key = ''] = await redisClient.keys(`${redisPrefix}*stream/${room}`);
      const entries = await redisClient.xrangeBuffer(key, '-', '+');
      const holds = (trace: string) => entries.map(([, [, body]]) => body?.includes(Buffer.from(trace, 'hex')));
      expect(holds(unsampled)).toEqual([false, false, false]);
      expect(holds(traced)).toEqual([false, false, true]);
    } finally {
      redisClient.disconnect();
    }
    const metrics = await (await fetch(`${first.internalUrl}/metrics`)).text();
    expect(metrics).toContain('outcry_gateway_traceparents_ignored_total{source="server",reason="malformed"} 1');
  });

  it('is one of so many of a connection: a flood of them costs it its own, and nobody a message', async () => {
    const room = 'chat.flood';
    const loud = await open(second, 'loud', 'json');
    await loud.expectAnswer('joined', { type: 'join', room });
    for (let i = 0; i < 20; i += 1) {
      await loud.expectAnswer('ack', { type: 'publish', room, data: i, traceparent: sampled(newTrace()) });
    }
    const trace = newTrace();
    const quiet = await open(second, 'quiet', 'json');
    await quiet.expectAnswer('joined', { type: 'join', room });
    await quiet.expectAnswer('ack', { type: 'publish', room, data: 'quiet', traceparent: sampled(trace) });
    await span(trace, 'send chat.*');
    const metrics = await (await fetch(`${second.internalUrl}/metrics`)).text();
    const ignored = /traceparents_ignored_total\{source="client",reason="rate"\} (\d+)/.exec(metrics)?.[1];
    expect(Number(ignored)).toBeGreaterThan(0);
  });
});
