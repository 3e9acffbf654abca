import {
  type InboundProcess,
  type InboundSettings,
  readHealth,
  startInbound,
  startRedis,
  type TestRedis,
  TraceCollector,
  uniquePrefix,
} from '@outcry/testkit';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { RedisStreamStore } from '../../src/stream/redis/redis-stream-store.ts';
import { Listener } from '../support/listener.ts';

/** Not so short that a process which waits for the processor loses what it reads. */
const SHORT_LEASE = { inboundLeaseMs: 1500, inboundLeaseRenewMs: 300 };
const ROOMS = ['alpha', 'beta', 'gamma'];
const ENTRIES = 3000;

let redis: TestRedis;
let client: Redis;
beforeAll(async () => {
  redis = await startRedis();
  client = new Redis(redis.url);
});
afterAll(async () => {
  client.disconnect();
  await redis.stop();
});

interface Stage extends AsyncDisposable {
  readonly stream: string;
  readonly listener: Listener;
  /** Starts one more service over the same stream and cluster. */
  start(settings?: Partial<InboundSettings>): Promise<InboundProcess>;
}

async function setStage(): Promise<Stage> {
  const redisPrefix = uniquePrefix();
  const stream = `${redisPrefix}:stream`;
  const listener = await Listener.join(redis.url, redisPrefix, ROOMS);
  const services: InboundProcess[] = [];
  return {
    stream,
    listener,
    async start(settings = {}) {
      const shared = { redisUrl: redis.url, redisPrefix, streamUrl: redis.url, streamKeys: stream };
      const service = await startInbound({ ...shared, ...settings });
      services.push(service);
      return service;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(services.map((service) => service[Symbol.asyncDispose]()));
      await listener[Symbol.asyncDispose]();
    },
  };
}

async function add(stream: string, fields: Readonly<Record<string, string>>): Promise<string> {
  return (await client.xadd(stream, '*', ...Object.entries(fields).flat())) ?? '';
}

/** What `outcry.publish` is in a database. */
function say(
  stream: string,
  {
    data,
    ...message
  }: { readonly room: string; readonly data: unknown; readonly key?: string; readonly trace?: string },
): Promise<string> {
  return add(stream, { ...message, data: JSON.stringify(data) });
}

async function metricOf({ internalUrl }: InboundProcess, name: string): Promise<number> {
  const text = await (await fetch(`${internalUrl}/metrics`)).text();
  const line = text.split('\n').find((other) => other.startsWith(`outcry_inbound_${name} `)) ?? '';
  return Number(line.slice(line.lastIndexOf(' ')));
}

describe('a stream', () => {
  it('is published in its order, by the rules of the server API, and goes once it is', async () => {
    await using stage = await setStage();
    await using collector = await TraceCollector.start();
    const { stream, listener } = stage;
    await say(stream, { room: 'alpha', data: 'before the start' });
    const service = await stage.start({ traceUrl: collector.url });
    await say(stream, { room: 'alpha', data: { n: [1, 2.5, null] } });
    await say(stream, { room: 'alpha', data: 'keyed', key: 'a-key' });
    await say(stream, { room: 'alpha', data: 'keyed again', key: 'a-key' });
    await say(stream, { room: 'beta', data: 'another room', key: 'a-key', trace: 'not ours' });
    await add(stream, { room: 'alpha', data: '"end"', traceparent: `00-${'4b'.repeat(16)}-${'0f'.repeat(8)}-01` });
    expect(await listener.untilHeard('end')).toEqual({ room: 'alpha', from: 'server', data: 'end' });
    await listener.untilHeard('another room');
    expect(listener.dataOf('alpha')).toEqual(['before the start', { n: [1, 2.5, null] }, 'keyed', 'end']);
    await expect.poll(() => client.xlen(stream)).toBe(0);
    expect([await metricOf(service, 'duplicates_total'), await metricOf(service, 'streams')]).toEqual([1, 1]);
    expect(await readHealth(service.internalUrl)).toMatchObject({ status: 200, summary: 'ok' });
    expect(await service.process.stop()).toEqual({ code: 0, signal: null });
    const spans = collector.spans.map(({ name, traceId, service: of }) => `${of}: ${name} of ${traceId.slice(0, 4)}`);
    expect(spans.toSorted()).toEqual(
      ['decide', 'decode', 'publish *', 'send *'].map((name) => `outcry-inbound: ${name} of 4b4b`),
    );
  });

  it('has what no client could take put aside, with the reason, and the rest published', async () => {
    await using stage = await setStage();
    const { stream, listener } = stage;
    await stage.start({ maxFrameBytes: 256, streamTrim: false });
    const ids = [
      await say(stream, { room: 'no*room', data: 1, trace: 'not ours' }),
      await add(stream, { room: 'alpha' }),
      await add(stream, { room: 'alpha', data: '{"n": 9007199254740993}', key: 'k' }),
      await say(stream, { room: 'alpha', data: 'x'.repeat(300) }),
      await add(stream, { note: 'x'.repeat(5_000_000) }),
      await say(stream, { room: 'alpha', data: 'two words', key: 'two words' }),
    ];
    await say(stream, { room: 'alpha', data: 'end' });
    await listener.untilHeard('end');
    await expect.poll(() => client.xlen(`{${stream}}:refused`)).toBe(ids.length);
    const refused = await client.xrange(`{${stream}}:refused`, '-', '+');
    const entries = refused.map(
      ([, fields]) =>
        Object.fromEntries(
          Array.from({ length: fields.length / 2 }, (_, i) => fields.slice(2 * i, 2 * i + 2)) as [string, string][],
        ) as Record<string, string>,
    );
    expect(entries).toEqual([
      { id: ids[0], reason: 'badRoom', detail: 'expected a room, @all, or @ and a user', room: 'no*room', data: '1' },
      { id: ids[1], reason: 'malformed', detail: 'data: expected JSON', room: 'alpha' },
      {
        id: ids[2],
        reason: 'malformed',
        detail: expect.stringMatching(/^data\.n: /) as unknown,
        room: 'alpha',
        data: '{"n": 9007199254740993}',
        key: 'k',
      },
      {
        id: ids[3],
        reason: 'dataTooLarge',
        detail: 'data may have 256 bytes (OUTCRY_MAX_FRAME_BYTES)',
        room: 'alpha',
        data: `"${'x'.repeat(300)}"`,
      },
      { id: ids[4], reason: 'badRoom', detail: 'expected a room, @all, or @ and a user' },
      {
        id: ids[5],
        reason: 'badKey',
        detail: 'expected 1 to 64 of printable ASCII without spaces',
        room: 'alpha',
        data: '"two words"',
        key: 'two words',
      },
    ]);
    expect(listener.dataOf('alpha')).toEqual(['end']);
    expect(await client.xlen(stream)).toBe(ids.length + 1);
  });

  it('loses and doubles nothing when its reader is killed, and goes on in order with another', async () => {
    await using stage = await setStage();
    const { stream, listener } = stage;
    const settings = { ...SHORT_LEASE, streamTrim: false };
    const [first, second] = [await stage.start(settings), await stage.start(settings)];
    const pipeline = client.pipeline();
    for (let i = 0; i < ENTRIES; i += 1) pipeline.xadd(stream, '*', 'room', ROOMS[i % 3] ?? '', 'data', String(i));
    await pipeline.exec();
    await listener.untilHeard(0);
    const [reader, other] = (await metricOf(first, 'streams')) === 1 ? [first, second] : [second, first];
    await listener.untilHeard(ENTRIES / 10);
    reader.process.kill();
    await listener.untilHeard(ENTRIES - 1, 60_000);
    await other.process.stop();
    // As where a reader was killed after it had published everything, and before it could say so.
    await client.hset(`{${stream}}:outcry`, 'cursor', '0-0');
    const third = await stage.start(settings);
    await say(stream, { room: 'alpha', data: 'end' });
    await listener.untilHeard('end', 60_000);
    expect(await metricOf(third, 'duplicates_total')).toBeGreaterThanOrEqual(ENTRIES / 3);
    for (const [i, room] of ROOMS.entries()) {
      const expected: unknown[] = Array.from({ length: ENTRIES / 3 }, (_, n) => 3 * n + i);
      expect(listener.dataOf(room)).toEqual(i === 0 ? [...expected, 'end'] : expected);
    }
  });

  it('is closed to a reader whose lease is over, however late it wakes', async () => {
    const stream = `${uniquePrefix()}:stream`;
    await say(stream, { room: 'alpha', data: 'first' });
    const last = await say(stream, { room: 'alpha', data: 'last' });
    const store = new RedisStreamStore({ url: redis.url, keys: [stream], mustTrim: true });
    try {
      const [frozen, present] = [
        { stream, fence: 7 },
        { stream, fence: 8 },
      ];
      await store.claim(frozen);
      const { messages } = await store.read(frozen);
      await store.claim(present);
      const settlement = { upTo: messages.at(-1)?.id ?? '', refused: [] };
      await expect(store.claim(frozen)).rejects.toMatchObject({ code: 'fenced' });
      await expect(store.read(frozen)).rejects.toMatchObject({ code: 'fenced' });
      await expect(store.settle(frozen, settlement)).rejects.toMatchObject({ code: 'fenced' });
      expect(await client.xlen(stream)).toBe(2);
      expect((await store.read(present)).messages.at(-1)?.id).toBe(last);
      expect(await store.measureLag()).toMatchObject({ rows: 2 });
      await store.settle(present, settlement);
      expect((await store.read(present)).messages).toEqual([]);
      expect(await store.measureLag()).toEqual({ rows: 0, seconds: 0 });
      expect(await client.xlen(stream)).toBe(0);
    } finally {
      await store.close();
    }
  });

  it('is read though a later fence than those of this Redis has claimed it, whose clock was ahead once', async () => {
    await using stage = await setStage();
    const store = new RedisStreamStore({ url: redis.url, keys: [stage.stream], mustTrim: true });
    try {
      const request = { service: 'a', forMs: 1, seen: undefined, now: undefined };
      expect((await store.join(request)).fences).toEqual(new Map());
      const fence = (Date.now() + 3_600_000) * 1000;
      await store.claim({ stream: stage.stream, fence });
      expect((await store.join(request)).fences).toEqual(new Map([[stage.stream, fence]]));
      await store.leave('a');
    } finally {
      await store.close();
    }
    await say(stage.stream, { room: 'alpha', data: 'an hour early' });
    await stage.start();
    await stage.listener.untilHeard('an hour early');
  });

  it('is refused where it is no stream, in a line', async () => {
    await using stage = await setStage();
    await client.set(stage.stream, 'a text');
    await expect(stage.start()).rejects.toThrow(`OUTCRY_STREAM_KEYS: ${stage.stream} is a string, expected a stream`);
  });
});
