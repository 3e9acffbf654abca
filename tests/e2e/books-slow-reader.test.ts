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
  type WireServerFrame,
  UNLIMITED,
} from '@outcry/testkit';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import type { ClientBook } from './support/client-book.ts';
import { metricOf } from '../metrics.ts';
import { eventually } from '../support/eventually.ts';
import { watchBook } from './support/watch-book.ts';

const SYMBOL = 'BTCUSDT';
const CYCLES = 3;
const DEADLINE_MS = 60_000;
const SOFT = 64 * 1024;
const LAGGING = 'outcry_gateway_lagging_total';
const NEXT = { what: 'delta, snapshot or lagging', deadlineMs: DEADLINE_MS };

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
    const [slow, fast] = [await Reader.start(gateway, encoding), await Reader.start(gateway, encoding)];
    for (let cycle = 1; cycle <= CYCLES; cycle++) {
      const starts = slow.freshStarts;
      slow.client.pause();
      await fillUntil(gateway, slow.client, { name: LAGGING, atLeast: 1 + (await metricOf(gateway, LAGGING)) });
      await fast.follow(({ book }, from) => book.seq >= from + 500);
      slow.client.resume();
      await slow.follow(({ freshStarts }) => freshStarts > starts);
      await slow.follow(({ book }, from) => book.seq >= from + 100);
      await fast.follow(({ book }) => book.seq >= slow.book.seq);
      expect(slow.book.sides()).toEqual(fast.book.sides());
    }
    await expectBalance(gateway, [slow.client, fast.client], before);
    expect(fast.client.received.some(({ type }) => type === 'lagging')).toBe(false);
    expect(fast.client.received.filter(({ type }) => type === 'snapshot')).toHaveLength(1);
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
    expect(await metricOf(gateway, LAGGING)).toBe((told[0] ?? 0) + (told[1] ?? 0));
    expect(await metricOf(gateway, 'outcry_gateway_book_frames_evicted_total')).toBeGreaterThan(0);
  });

  async function start(settings: GatewaySettings): Promise<GatewayProcess> {
    const cluster = { redisUrl: redis.url, redisPrefix: uniquePrefix() };
    const gateway = await startGateway({ ...cluster, ...UNLIMITED, ...settings });
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

/** Asks for whole books until the kernel's buffers are full, deltas wait in the gateway, and it says so. */
async function fillUntil(
  gateway: GatewayProcess,
  client: RawClient,
  { name, atLeast }: { readonly name: string; readonly atLeast: number },
): Promise<void> {
  const isThere = async (): Promise<boolean> => {
    client.sendAtOnce(Array.from({ length: 200 }, () => ({ type: 'subscribe', ...WHOLE_BOOK })));
    return (await metricOf(gateway, name)) >= atLeast;
  };
  await eventually(isThere, { deadlineMs: DEADLINE_MS, describe: () => `${name} is not ${String(atLeast)}` });
}

/** A client that watches every frame, and holds each against what it was told before. */
class Reader {
  readonly client: RawClient;
  readonly book: ClientBook;
  /** Snapshots in place of what was missed. */
  freshStarts = 0;
  #isBehind = false;

  private constructor(client: RawClient, book: ClientBook) {
    this.client = client;
    this.book = book;
  }

  static async start(gateway: GatewayProcess, encoding: WireEncoding): Promise<Reader> {
    const client = await connect(gateway, encoding);
    return new Reader(client, await watchBook(client, EVERY_FRAME));
  }

  /** Takes frames until it has come this far from where the book was. What is between `lagging` and its snapshot is not the end. */
  async follow(isThere: (self: this, from: number) => boolean): Promise<void> {
    const from = this.book.seq;
    while (this.#isBehind || !isThere(this, from)) this.#take(await this.client.nextWhere(isOfBook, NEXT));
  }

  /** Nothing is missing before `lagging`, nor behind the snapshot that follows it. */
  #take(frame: WireServerFrame): void {
    if (frame.type === 'lagging') {
      this.#isBehind = true;
    } else if (frame.type === 'snapshot') {
      expect(this.#isBehind).toBe(true);
      expect(frame.seq).toBeGreaterThan(this.book.seq);
      this.book.reset(frame);
      this.#isBehind = false;
      this.freshStarts += 1;
    } else if (frame.type === 'delta') {
      expect(this.#isBehind).toBe(false);
      this.book.apply(frame);
    }
  }
}

function isOfBook(frame: WireServerFrame): boolean {
  if (frame.type === 'lagging') return true;
  return (frame.type === 'delta' || frame.type === 'snapshot') && frame.interval === EVERY_FRAME.interval;
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
  const first = await Reader.start(gateway, encoding);
  await first.follow(({ book }, from) => book.seq > from);
  await first.client.expectAnswer('ack', { type: 'unsubscribe', ...EVERY_FRAME });
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
  const [slow, fast] = [await Reader.start(gateway, encoding), await Reader.start(gateway, encoding)];
  slow.client.pause();
  await fillUntil(gateway, slow.client, { name: 'outcry_gateway_closes_total', atLeast: 1 });
  slow.client.resume();
  const { code, reason } = closeCode('slowConsumer');
  expect(await slow.client.waitForClose(DEADLINE_MS)).toEqual({ code, reason });
  await fast.follow(({ book }, from) => book.seq >= from + 100);
  return [slow.client, fast.client];
}
