import {
  closeCode,
  type GatewayProcess,
  type GatewaySettings,
  RawClient,
  startGateway,
  startPublisher,
  startRedis,
  type TestRedis,
  uniquePrefix,
  type WireEncoding,
} from '@outcry/testkit';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import type { ClientBook } from './support/client-book.ts';
import { metricOf, untilMetric } from '../metrics.ts';
import { watchBook } from './support/watch-book.ts';

const SYMBOL = 'BTCUSDT';
const CYCLES = 3;
const DEADLINE_MS = 60_000;
const SOFT = 64 * 1024;

/** Every frame of the base feed: what a client that does not read soon has too much of. */
const EVERY_FRAME = { symbol: SYMBOL, depth: 0, interval: 0 };
/** A class that sends next to nothing by itself, but a whole book whenever it is subscribed to. */
const WHOLE_BOOK = { symbol: SYMBOL, depth: 0, interval: 2000 };

describe.each(['json', 'msgpack'] as const)('a client that stops reading, over real sockets, %s', (encoding) => {
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(async () => {
    await redis.stop();
  });

  it('gets one snapshot for all that it missed, as often as needed, and nobody else notices', async () => {
    const gateway = await start({ softBufferBytes: SOFT, hardBufferBytes: 4 * SOFT, laggingTimeoutMs: DEADLINE_MS });
    const before = await countsOnceThereIsABook(gateway, encoding);
    const slow = await connect(gateway, encoding);
    const fast = await connect(gateway, encoding);
    const slowBook = await watchBook(slow, EVERY_FRAME);
    const fastBook = await watchBook(fast, EVERY_FRAME);
    for (let cycle = 1; cycle <= CYCLES; cycle++) {
      slow.pause();
      fill(slow);
      await untilMetric(gateway, 'outcry_gateway_lagging_total', cycle);
      await follow(fast, fastBook, fastBook.seq + 500);
      slow.resume();
      const seqAtWarning = await followUntilWarned(slow, slowBook);
      const fresh = await slow.next({ type: 'snapshot', ...EVERY_FRAME }, DEADLINE_MS);
      expect(fresh.seq).toBeGreaterThan(seqAtWarning);
      slowBook.reset(fresh);
      await follow(slow, slowBook, fresh.seq + 100);
      await follow(fast, fastBook, slowBook.seq);
      expect(slowBook.sides()).toEqual(fastBook.sides());
    }
    await expectBalance(gateway, [slow, fast], before);
    expect(fast.received.some(({ type }) => type === 'lagging')).toBe(false);
    expect(fast.received.filter(({ type }) => type === 'snapshot')).toHaveLength(1);
  });

  it('is closed with slowConsumer past the hard limit, and nobody else notices', async () => {
    // A look sees the soft limit and the hard one crossed at once, as a burst does.
    const gateway = await start({ softBufferBytes: SOFT, hardBufferBytes: SOFT + 1, laggingTimeoutMs: DEADLINE_MS });
    await expectSlowConsumer(gateway, encoding);
  });

  it('is closed with slowConsumer when it goes on reading nothing', async () => {
    const gateway = await start({ softBufferBytes: SOFT, laggingTimeoutMs: 1000 });
    const [slow, fast] = await expectSlowConsumer(gateway, encoding);
    // Each time that was counted was told to the one whom it was about.
    const told = [slow, fast].map(({ received }) => received.filter(({ type }) => type === 'lagging').length);
    expect(told[0]).toBeGreaterThan(0);
    expect(await metricOf(gateway, 'outcry_gateway_lagging_total')).toBe((told[0] ?? 0) + (told[1] ?? 0));
    expect(await metricOf(gateway, 'outcry_gateway_book_frames_evicted_total')).toBeGreaterThan(0);
  });

  async function start(settings: GatewaySettings): Promise<GatewayProcess> {
    const cluster = { redisUrl: redis.url, redisPrefix: uniquePrefix() };
    const gateway = await startGateway({ ...cluster, maxFramesPerSecond: 0, ...settings });
    onTestFinished(() => gateway[Symbol.asyncDispose]());
    const publisher = await startPublisher({ ...cluster, feed: { symbols: SYMBOL, rate: 1000, deltaMs: 0 } });
    onTestFinished(() => publisher[Symbol.asyncDispose]());
    return gateway;
  }
});

async function connect(gateway: GatewayProcess, encoding: WireEncoding): Promise<RawClient> {
  const client = await RawClient.connect({ url: gateway.url, encoding });
  onTestFinished(() => {
    client.socket.destroy();
  });
  await client.next('welcome');
  return client;
}

/** Asks for whole books until the kernel's buffers are full: from then on deltas wait in the gateway. */
function fill(client: RawClient): void {
  for (let i = 0; i < 2000; i++) client.send({ type: 'subscribe', ...WHOLE_BOOK });
}

/** Applies deltas until the book has come to `seq` or past it. */
async function follow(client: RawClient, book: ClientBook, seq: number): Promise<void> {
  while (book.seq < seq) book.apply(await client.next({ type: 'delta', ...EVERY_FRAME }, DEADLINE_MS));
}

/** Applies what was sent before `lagging`: up to there nothing may be missing. Gives the `seq` of the last. */
async function followUntilWarned(client: RawClient, book: ClientBook): Promise<number> {
  for (;;) {
    const frame = await client.nextWhere(({ type }) => type === 'delta' || type === 'lagging', {
      what: 'delta or lagging',
      deadlineMs: DEADLINE_MS,
    });
    if (frame.type === 'lagging') return book.seq;
    if (frame.type === 'delta' && frame.interval === 0) book.apply(frame);
  }
}

/** What became of the frames that were made for watchers. */
interface FrameCounts {
  readonly relayed: number;
  readonly delivered: number;
  readonly conflated: number;
  readonly evicted: number;
}

async function countsOf(gateway: GatewayProcess): Promise<FrameCounts> {
  const count = (fate: string): Promise<number> => metricOf(gateway, `outcry_gateway_book_frames_${fate}_total`);
  const [relayed, delivered, conflated, evicted] = await Promise.all([
    count('relayed'),
    count('delivered'),
    count('conflated'),
    count('evicted'),
  ]);
  return { relayed, delivered, conflated, evicted };
}

/**
 * A watch that comes before the book does gets its first snapshot as a frame for all watchers, counted as one. So somebody
 * watches, sees the book move and leaves; from these counts on every snapshot answers a watch or stands for what was missed.
 */
async function countsOnceThereIsABook(gateway: GatewayProcess, encoding: WireEncoding): Promise<FrameCounts> {
  const first = await connect(gateway, encoding);
  const book = await watchBook(first, EVERY_FRAME);
  await follow(first, book, book.seq + 1);
  await first.expectAnswer('ack', { type: 'unsubscribe', ...EVERY_FRAME });
  return countsOf(gateway);
}

/** What was made for watchers is what they got and what they were spared; the gateway's count of the former is theirs. */
async function expectBalance(
  gateway: GatewayProcess,
  clients: readonly RawClient[],
  before: FrameCounts,
): Promise<void> {
  for (const client of clients) await client.expectAnswer('ack', { type: 'unsubscribe', ...EVERY_FRAME });
  await clients[0]?.expectAnswer('ack', { type: 'unsubscribe', ...WHOLE_BOOK });
  const now = await countsOf(gateway);
  const relayed = now.relayed - before.relayed;
  const delivered = now.delivered - before.delivered;
  const conflated = now.conflated - before.conflated;
  const bookFrames = clients
    .flatMap(({ received }) => received)
    .filter(({ type }) => ['delta', 'heartbeat', 'stale', 'fresh'].includes(type));
  process.stdout.write(
    `relayed ${String(relayed)} = delivered ${String(delivered)} + conflated ${String(conflated)}, received ${String(bookFrames.length)}\n`,
  );
  expect(relayed).toBe(delivered + conflated);
  expect(delivered).toBe(bookFrames.length);
  expect(conflated).toBeGreaterThan(100);
  expect(now.evicted).toBe(0);
}

async function expectSlowConsumer(gateway: GatewayProcess, encoding: WireEncoding): Promise<[RawClient, RawClient]> {
  const slow = await connect(gateway, encoding);
  const fast = await connect(gateway, encoding);
  await watchBook(slow, EVERY_FRAME);
  const fastBook = await watchBook(fast, EVERY_FRAME);
  slow.pause();
  fill(slow);
  await untilMetric(gateway, 'outcry_gateway_closes_total', 1);
  slow.resume();
  const { code, reason } = closeCode('slowConsumer');
  expect(await slow.waitForClose(DEADLINE_MS)).toEqual({ code, reason });
  await follow(fast, fastBook, fastBook.seq + 100);
  return [slow, fast];
}
