import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { type Backplane, createRedisBackplane, type FeedDelta, type FeedSnapshot } from '@outcry/broker';
import { OrderBook } from '@outcry/order-book';
import {
  leasePort,
  BinanceServer,
  DEFAULT_DEADLINE_MS,
  hasRedisServer,
  Inbox,
  readHealth,
  RedisProcess,
  ServiceProcess,
  startPublisher,
  startRedis,
  type TestRedis,
  uniquePrefix,
} from '@outcry/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ENTRY = 'services/feed-publisher/src/main.ts';
const FIXTURE = new URL('../fixtures/two-events.jsonl', import.meta.url).pathname;

type Frame = FeedSnapshot | FeedDelta;

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(async () => {
  await redis.stop();
});

/** Hears a symbol's base feed, as a gateway does. */
async function watch(prefix: string, symbol: string): Promise<{ frames: Inbox<Frame>; backplane: Backplane }> {
  const backplane = createRedisBackplane({ url: redis.url, prefix });
  await backplane.start({
    handleMessage: () => undefined,
    handleSignal: () => undefined,
    handleReset: () => undefined,
    handleStatus: () => undefined,
  });
  const frames = new Inbox<Frame>((frame) => `${isSnapshot(frame) ? 'snapshot' : 'delta'} ${String(frame.seq)}`);
  const push = (frame: Frame): void => {
    frames.push(frame);
  };
  await backplane.feedBus.watch(symbol, { handleSnapshot: push, handleDelta: push, handlePulse: () => undefined });
  return { frames, backplane };
}

function isSnapshot(frame: Frame): frame is FeedSnapshot {
  return 'priceScale' in frame;
}

function urlOf({ log }: ServiceProcess): string {
  return `http://127.0.0.1:${String(log.find(({ msg }) => msg === 'feed publisher started')?.['internalPort'])}`;
}

async function get(service: ServiceProcess, path: string): Promise<{ status: number; body: string }> {
  const response = await fetch(`${urlOf(service)}${path}`);
  return { status: response.status, body: await response.text() };
}

async function health(service: ServiceProcess, path = '/readyz'): Promise<{ status: number; summary: string }> {
  const { status, summary } = await readHealth(urlOf(service), path);
  return { status, summary };
}

describe('the feed publisher as a process', () => {
  it('publishes books that its deltas carry along, and ends with 0 on SIGTERM', async () => {
    const redisPrefix = uniquePrefix();
    const { frames, backplane } = await watch(redisPrefix, 'BTCUSDT');
    const feed = { rate: 500, deltaMs: 20, snapshotMs: 300 };
    const service = await startPublisher({ redisUrl: redis.url, redisPrefix, feed });

    const book = new OrderBook();
    const first = await frames.take(isSnapshot, { what: 'the first snapshot', deadlineMs: DEFAULT_DEADLINE_MS });
    expect(first).toMatchObject({ seq: 1, sourceKind: 'simulated' });
    expect(await backplane.feedBus.listInstruments()).toHaveLength(3);
    await frames.take((frame) => isSnapshot(frame) && frame.seq > 20, {
      what: 'a later snapshot',
      deadlineMs: DEFAULT_DEADLINE_MS,
    });
    let position = first;
    book.applySnapshot(first.bids, first.asks);
    for (const frame of frames.all.slice(frames.all.indexOf(first) + 1)) {
      if (isSnapshot(frame)) {
        expect(frame.seq).toBe(position.seq);
        expect([book.bids(), book.asks()]).toEqual([frame.bids, frame.asks]);
      } else {
        expect(frame.prev).toBe(position.seq);
        book.applyDelta(frame.bids, frame.asks);
        position = { ...first, seq: frame.seq };
      }
    }

    expect(await health(service, '/healthz')).toEqual({ status: 200, summary: 'ok' });
    expect(await health(service)).toEqual({ status: 200, summary: 'ok' });
    const metrics = await get(service, '/metrics');
    expect(metrics.body).toMatch(/^outcry_feed_publisher_frames_total\{symbol="BTCUSDT",kind="delta"\} \d+$/m);
    expect(metrics.body).toContain('process_cpu_seconds_total');
    expect((await get(service, '/nowhere')).status).toBe(404);

    expect(await service.stop()).toEqual({ code: 0, signal: null });
    await backplane.close();
  });

  it('says that it is not ready when a recording has ended', async () => {
    const redisPrefix = uniquePrefix();
    const { frames, backplane } = await watch(redisPrefix, 'TEST');
    const feed = { source: 'recording', file: `TEST=${FIXTURE}`, speed: 'max', loop: false, deltaMs: 0 } as const;
    const service = await startPublisher({ redisUrl: redis.url, redisPrefix, feed });
    await service.waitForLog('feed ended');
    await frames.take((frame) => frame.venueSeq === 12, { what: 'the last delta', deadlineMs: DEFAULT_DEADLINE_MS });
    expect(frames.all.map(({ seq, venueSeq }) => [seq, venueSeq])).toEqual([
      [1, 10],
      [2, 11],
      [3, 12],
    ]);
    expect(await health(service)).toEqual({ status: 503, summary: 'feeds not live: TEST ended' });
    expect(await service.stop()).toEqual({ code: 0, signal: null });
    await backplane.close();
  });
});

describe('a feed publisher with one book that cannot be had', () => {
  it('publishes the others of a venue, and names the unknown symbol', async () => {
    const snapshot = { lastUpdateId: 10, bids: [['99.50', '1.000']], asks: [['100.00', '2.000']] } as const;
    const instruments = ['BTCUSDT', 'ETHUSDT'].map((symbol) => ({
      symbol,
      tickSize: '0.01',
      stepSize: '0.001',
      snapshot,
    }));
    await using venue = await BinanceServer.start({ market: 'spot', instruments });
    const redisPrefix = uniquePrefix();
    const { frames, backplane } = await watch(redisPrefix, 'ETHUSDT');
    const urls = { binanceRestUrl: venue.restUrl, binanceStreamUrl: venue.streamUrl };
    const feed = { source: 'binance', symbols: 'BTCUSDT,NOPEUSDT,ETHUSDT', ...urls } as const;
    await using service = await startPublisher({ redisUrl: redis.url, redisPrefix, feed });
    const why = 'the venue does not know NOPEUSDT';
    expect(await service.waitForLog('book missing')).toMatchObject({ level: 50, symbol: 'NOPEUSDT', reason: why });
    await frames.take(isSnapshot, { what: 'the book of ETHUSDT', deadlineMs: DEFAULT_DEADLINE_MS });
    const ready = async (): Promise<unknown> => health(service);
    await expect.poll(ready).toEqual({ status: 503, summary: `feeds not live: NOPEUSDT missing (${why})` });
    expect((await backplane.feedBus.listInstruments()).map(({ symbol }) => symbol).sort()).toEqual([
      'BTCUSDT',
      'ETHUSDT',
    ]);
    await backplane.close();
  });

  it('publishes the other recordings, and names the file', async () => {
    const redisPrefix = uniquePrefix();
    const { frames, backplane } = await watch(redisPrefix, 'TEST');
    const feed = { source: 'recording', file: `/nowhere.jsonl.gz,${FIXTURE}` } as const;
    await using service = await startPublisher({ redisUrl: redis.url, redisPrefix, feed });
    const failed = await service.waitForLog('feed failed');
    expect(failed).toMatchObject({
      symbol: '/nowhere.jsonl.gz',
      err: { message: expect.stringContaining('no such') as string },
    });
    await frames.take(isSnapshot, { what: 'the book of the recording', deadlineMs: DEFAULT_DEADLINE_MS });
    await expect
      .poll(async () => (await health(service)).summary)
      .toBe('feeds not live: /nowhere.jsonl.gz failed (/nowhere.jsonl.gz: there is no such file)');
    await backplane.close();
  });
});

describe.runIf(hasRedisServer())('a feed publisher whose Redis is not there yet', () => {
  async function startWithout(redis: RedisProcess, port: number): Promise<ServiceProcess> {
    await redis.kill();
    const env = { OUTCRY_REDIS_URL: redis.url, OUTCRY_INTERNAL_PORT: String(port) };
    const service = new ServiceProcess({ entry: ENTRY, env });
    await service.waitForLog('waiting for redis');
    return service;
  }

  it('lives, is not ready, and starts when Redis has come', async () => {
    await using ownRedis = await RedisProcess.start();
    using lease = await leasePort();
    const { port } = lease;
    await using service = await startWithout(ownRedis, port);
    const ask = async (path: string): Promise<string> =>
      (await readHealth(`http://127.0.0.1:${String(port)}`, path)).summary;
    expect(await ask('/healthz')).toBe('ok');
    expect(await ask('/readyz')).toMatch(
      /^redis unavailable, the start waits: cannot reach Redis at redis:\/\/\S+: ECONN/,
    );
    await ownRedis.restart();
    await service.waitForLog('feed publisher started');
    await expect.poll(() => ask('/readyz')).toBe('ok');
    expect(service.log.filter(({ msg }) => msg === 'waiting for redis')).toHaveLength(1);
  });

  it('ends when it is told to, though it still waits', async () => {
    await using ownRedis = await RedisProcess.start();
    await using service = await startWithout(ownRedis, 0);
    expect(await service.stop()).toEqual({ code: 0, signal: null });
    expect(service.log.at(-1)).toMatchObject({ msg: 'stopped during the start' });
  });
});

describe('a feed publisher that cannot start', () => {
  /** Why it says that it could not start; whatever it says has to be on its log. */
  async function reasonsOf(env: Record<string, string>): Promise<readonly unknown[]> {
    const service = new ServiceProcess({ entry: ENTRY, env: { OUTCRY_INTERNAL_PORT: '0', ...env } });
    expect(await service.exited).toEqual({ code: 1, signal: null });
    expect(service.log).toHaveLength(service.output.length);
    const failures = service.log.filter(({ msg }) => msg === 'start failed');
    for (const { level } of failures) expect(level).toBe(60);
    return failures.map(({ reason }) => reason);
  }

  it('says in a line each what is wrong with its settings', async () => {
    expect(await reasonsOf({ OUTCRY_FEED_DELTA_MS: 'fast', OUTCRY_FED_SEED: '1' })).toEqual([
      'OUTCRY_FEED_DELTA_MS: expected a whole number from 0 to 60000',
      'OUTCRY_FED_SEED: unknown setting',
    ]);
  });

  it('says in a line that Redis could not be reached in time, without its password', async () => {
    const startedAt = performance.now();
    const reasons = await reasonsOf({
      OUTCRY_REDIS_URL: 'redis://user:hunter2@127.0.0.1:1',
      OUTCRY_REDIS_WAIT_MS: '2000',
    });
    expect(reasons).toHaveLength(1);
    // The last pause is a second at most, and is not begun where the time would be over behind it.
    expect(performance.now() - startedAt).toBeGreaterThan(1000);
    expect(reasons[0]).not.toContain('hunter2');
    expect(reasons[0]).toMatch(/^cannot reach Redis at redis:\/\/127\.0\.0\.1:1/);
  });

  it('says in a line that its port is taken', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    expect(await reasonsOf({ OUTCRY_REDIS_URL: redis.url, OUTCRY_INTERNAL_PORT: String(port) })).toEqual([
      `cannot listen on 127.0.0.1:${String(port)} (OUTCRY_INTERNAL_PORT): the port is taken`,
    ]);
    other.close();
  });

  it('says in a line that its only recording is missing', async () => {
    expect(await reasonsOf({ OUTCRY_FEED_SOURCE: 'recording', OUTCRY_FEED_FILE: '/nowhere.jsonl.gz' })).toEqual([
      '/nowhere.jsonl.gz: there is no such file',
    ]);
  });
});

describe('the flags', () => {
  it.each([
    ['--help', /OUTCRY_FEED_LOOP/],
    ['--check-config', /OUTCRY_REDIS_URL +redis:\/\/user:\[redacted\]@127\.0\.0\.1:1 +environment/],
  ])('%s prints and ends with 0', async (flag, expected) => {
    const env = { OUTCRY_REDIS_URL: 'redis://user:hunter2@127.0.0.1:1' };
    const service = new ServiceProcess({ entry: ENTRY, env, args: [flag] });
    expect(await service.exited).toEqual({ code: 0, signal: null });
    expect(service.output.join('\n')).toMatch(expected);
    expect(service.output.join('\n')).not.toContain('hunter2');
  });
});
