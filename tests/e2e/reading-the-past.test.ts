import { connect } from '@outcry/client';
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
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import { metricOf, untilMetric } from '../metrics.ts';

const ROOM = 'pit';
const COUNT = 1000;
/** Publishes that are under way at a time. */
const BATCH = 20;
const DEADLINE_MS = 60_000;
const KIB = 1024;
/** As docs/CONFIGURATION.md has it. */
const PAGE_BYTES = 256 * KIB;
/** What Redis sends besides what was asked for: what is around each message, other answers, what it says of itself. */
const OVERHEAD = 1.05;
/** CPU time, not time: that of a shared machine says nothing. */
const MAX_CPU_MS_PER_READ = 5;
/** Of who fills rooms, with more than the kernel keeps for who does not read. */
const NO_LIMITS: GatewaySettings = { ...UNLIMITED, maxJoinsPerSecond: 0, roomBytes: 0 };

const READS = 'outcry_gateway_history_reads_total';
const READ_BYTES = 'outcry_gateway_history_read_bytes_total';

describe('the past of a room, over a real Redis', () => {
  let redis: TestRedis;
  let admin: Redis;
  beforeAll(async () => {
    redis = await startRedis();
    admin = new Redis({ host: redis.host, port: redis.port });
  });
  afterAll(async () => {
    admin.disconnect();
    await redis.stop();
  });

  it('costs Redis a page for each of a hundred requests in one write, and its client nothing', async () => {
    const { gateway } = await filled(16_000 - 100);
    const client = await member(gateway);
    const before = await usage();
    const ids = Array.from({ length: 100 }, (_, i) => i + 1);
    const isAnswerTo = (id: number) => (frame: WireServerFrame) => 'id' in frame && frame.id === id;
    const answers = ids.map((id) =>
      client.nextWhere(isAnswerTo(id), { what: `answer ${String(id)}`, deadlineMs: DEADLINE_MS }),
    );
    client.sendAtOnce(ids.map((id) => ({ type: 'history', id, room: ROOM, limit: COUNT })));
    const types = (await Promise.all(answers)).map(({ type }) => type);
    const after = await usage();
    const pages = types.filter((type) => type === 'ack').length;
    // On a machine with much else to do some may have waited for too long: then they were not read.
    expect(pages).toBeGreaterThan(1);
    expect(types.filter((type) => type !== 'ack' && type !== 'error')).toEqual([]);
    expect(await metricOf(gateway, READS)).toBe(pages);
    expect(after.scripts - before.scripts).toBeLessThanOrEqual(pages * 1.2 + 20);
    expect(after.sentBytes - before.sentBytes).toBeLessThanOrEqual(pages * PAGE_BYTES * OVERHEAD + 100 * KIB);
    expect((after.cpuMs - before.cpuMs) / pages).toBeLessThan(MAX_CPU_MS_PER_READ);
    expect(client.received.filter(({ type }) => type === 'lagging')).toEqual([]);
    await client.expectAnswer('pong', { type: 'ping' });
  });

  it('is read once for a join that is asked for sixty times', async () => {
    const { gateway } = await filled(4000);
    const client = await RawClient.connect({ url: gateway.url, encoding: 'msgpack' });
    onTestFinished(() => {
      client.socket.destroy();
    });
    const before = await usage();
    client.sendAtOnce(Array.from({ length: 60 }, (_, i) => ({ type: 'join', id: i, room: ROOM, history: COUNT })));
    await client.next({ type: 'message', room: ROOM, seq: COUNT }, DEADLINE_MS);
    const after = await usage();
    expect(seqsOf(client)).toEqual(Array.from({ length: COUNT }, (_, i) => i + 1));
    expect(after.sentBytes - before.sentBytes).toBeLessThan(COUNT * 4000 * 1.2);
    expect((after.cpuMs - before.cpuMs) / 60).toBeLessThan(MAX_CPU_MS_PER_READ);
  });

  it('is read once for two hundred clients who ask for the same at once', async () => {
    const { gateway } = await filled(4000);
    const clients = await Promise.all(Array.from({ length: 200 }, () => member(gateway)));
    const before = await usage();
    const request = { type: 'history', room: ROOM, limit: COUNT };
    const answers = await Promise.all(clients.map((client) => client.request(request)));
    const after = await usage();
    expect(answers.filter(({ type }) => type !== 'ack')).toEqual([]);
    // Fewer the quicker they come; each would be a page.
    expect(await metricOf(gateway, READS)).toBeLessThan(100);
    expect(after.sentBytes - before.sentBytes).toBeLessThan(100 * PAGE_BYTES * OVERHEAD);
  });

  it('comes whole to an honest client that asks for 1,000 messages of 4 KB, which stays connected', async () => {
    const { gateway } = await filled(4000);
    const statuses: string[] = [];
    const client = connect(gateway.url, { onStatus: ({ state }) => statuses.push(state) });
    onTestFinished(() => {
      client.close();
    });
    const room = client.join(ROOM, { history: 0 });
    await room.joined;
    const { messages, hasMore } = await room.history({ limit: COUNT });
    expect(messages.map(({ seq }) => seq)).toEqual(Array.from({ length: COUNT }, (_, i) => i + 1));
    expect(hasMore).toBe(false);
    expect(statuses.filter((status) => status === 'reconnecting')).toEqual([]);
    expect(await metricOf(gateway, 'outcry_gateway_closes_total')).toBe(0);
  });

  it.each(['json', 'msgpack'] as const)('is read once for a member that reads slowly, %s', async (encoding) => {
    // So far apart that whoever reads nothing is held back, and not sent away, however fast the machine.
    const limits = { hardBufferBytes: 2 ** 28, laggingTimeoutMs: DEADLINE_MS };
    const gateway = await start({ historyCount: 2 * COUNT, ...limits });
    const slow = await member(gateway, encoding);
    slow.pause();
    const fast = await member(gateway);
    let published = 0;
    // What the kernel takes is read later like anything else; from here on messages wait in Redis.
    while ((await metricOf(gateway, 'outcry_gateway_lagging_total')) === 0) {
      await publish(fast, BATCH, 16_000 - 100);
      published += BATCH;
    }
    await publish(fast, COUNT, 16_000 - 100);
    published += COUNT;
    const before = await usage();
    while (seqsOf(slow).length < published) {
      const seen = seqsOf(slow).length;
      slow.resume();
      await slow.nextWhere((frame) => frame.type === 'message' && frame.seq > seen, {
        what: `a message behind ${String(seen)}`,
        deadlineMs: DEADLINE_MS,
      });
      slow.pause();
    }
    const after = await usage();
    expect(seqsOf(slow)).toEqual(Array.from({ length: published }, (_, i) => i + 1));
    await untilMetric(gateway, 'outcry_gateway_rooms_released_total', 1);
    const readBytes = await metricOf(gateway, READ_BYTES);
    expect(readBytes).toBeGreaterThan(COUNT * 15_000);
    expect((after.sentBytes - before.sentBytes) / (COUNT * 16_000)).toBeLessThan(1.2);
  });

  async function start(settings: GatewaySettings = {}): Promise<GatewayProcess> {
    const gateway = await startGateway({
      redisUrl: redis.url,
      redisPrefix: uniquePrefix(),
      ...NO_LIMITS,
      ...settings,
    });
    onTestFinished(() => gateway[Symbol.asyncDispose]());
    return gateway;
  }

  async function filled(bytes: number): Promise<{ gateway: GatewayProcess }> {
    const gateway = await start();
    await publish(await member(gateway), COUNT, bytes);
    return { gateway };
  }

  async function member(gateway: GatewayProcess, encoding: 'json' | 'msgpack' = 'msgpack'): Promise<RawClient> {
    const client = await RawClient.connect({ url: gateway.url, encoding });
    onTestFinished(() => {
      client.socket.destroy();
    });
    await client.expectAnswer('joined', { type: 'join', room: ROOM, history: 0, echo: false });
    return client;
  }

  async function publish(client: RawClient, count: number, bytes: number): Promise<void> {
    const request = { type: 'publish', room: ROOM, data: 'x'.repeat(bytes) };
    for (let sent = 0; sent < count; sent += BATCH) {
      await Promise.all(Array.from({ length: BATCH }, () => client.expectAnswer('ack', request)));
    }
  }

  async function usage(): Promise<{ scripts: number; sentBytes: number; cpuMs: number }> {
    const info = await admin.info('everything');
    const numberOf = (pattern: string): number => Number(new RegExp(`^${pattern}`, 'm').exec(info)?.[1] ?? 0);
    return {
      scripts: numberOf('cmdstat_evalsha:calls=(\\d+)') + numberOf('cmdstat_eval:calls=(\\d+)'),
      sentBytes: numberOf('total_net_output_bytes:(\\d+)'),
      cpuMs: (numberOf('used_cpu_user:([\\d.]+)') + numberOf('used_cpu_sys:([\\d.]+)')) * 1000,
    };
  }
});

function seqsOf(client: RawClient): readonly number[] {
  return client.received
    .filter((frame): frame is ServerFrameOf<'message'> => frame.type === 'message' && frame.room === ROOM)
    .map(({ seq }) => seq);
}
