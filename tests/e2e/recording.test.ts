import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import {
  type BookTickerOracle,
  loadBookTickerOracle,
  RawClient,
  startGateway,
  startPublisher,
  startRedis,
  type TestRedis,
  uniquePrefix,
} from '@outcry/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ClientBook } from './support/client-book.ts';
import { watchBook } from './support/watch-book.ts';

const DATA = fileURLToPath(new URL('../../../shared/data/', import.meta.url));
/** Every frame of the base feed, and all of its levels. */
const WHOLE = { depth: 0, interval: 0 };
const FRAME_DEADLINE_MS = 100_000;

/** The recordings take about six minutes each; they run side by side. */
const IS_REAL_TIME = process.env['OUTCRY_E2E_REAL_TIME'] === '1';
const REAL_TIME_TIMEOUT_MS = 15 * 60_000;
/** What a client misses of a recording's beginning until it watches. */
const MISSED_AT_FIRST = 100;

/** Applied depth events, and those that the recording's own ticker can judge: see the README beside the recordings. */
const RECORDINGS = [
  { file: 'binance-spot-btcusdt-20240808.jsonl.gz', symbol: 'BTCUSDT', deltas: 3449, judged: 3449 },
  { file: 'binance-spot-ethusdt-20240808.jsonl.gz', symbol: 'ETHUSDT', deltas: 3432, judged: 3432 },
  { file: 'binance-usdm-btcusdt-20240808.jsonl.gz', symbol: 'BTCUSDT', deltas: 6547, judged: 6545 },
] as const;

type Recording = (typeof RECORDINGS)[number];

interface Verdict {
  deltas: number;
  judged: number;
  equal: number;
}

describe.skipIf(!existsSync(DATA))('a recorded book from end to end', () => {
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(async () => {
    await redis.stop();
  });

  it.each(RECORDINGS)('shows the top of $file as its own ticker does, in both encodings', async (recording) => {
    const { deltas, judged } = recording;
    const verdicts = await replay(recording, redis, 'max');
    expect(verdicts).toEqual([
      { deltas, judged, equal: judged },
      { deltas, judged, equal: judged },
    ]);
  });

  it.runIf(IS_REAL_TIME)(
    'shows the top of all recordings as their own tickers do, in both encodings, at their own pace',
    async () => {
      const verdicts = await Promise.all(RECORDINGS.map((recording) => replay(recording, redis, 1)));
      for (const [index, ofClients] of verdicts.entries()) {
        for (const { deltas, judged, equal } of ofClients) {
          expect(equal).toBe(judged);
          expect(deltas).toBeGreaterThan((RECORDINGS[index]?.deltas ?? Infinity) - MISSED_AT_FIRST);
        }
      }
    },
    REAL_TIME_TIMEOUT_MS,
  );

  it('gives a client that comes late the book at once', async () => {
    const [{ file, symbol }] = RECORDINGS;
    const cluster = { redisUrl: redis.url, redisPrefix: uniquePrefix() };
    await using _publisher = await startPublisher({
      ...cluster,
      feed: { source: 'recording', file: DATA + file, speed: 1, loop: false },
    });
    await using gateway = await startGateway(cluster);
    const client = await RawClient.connect({ url: gateway.url, encoding: 'msgpack' });
    await client.expectAnswer('ack', { type: 'subscribe', symbol, depth: 100, interval: 100 });
    const book = new ClientBook(await client.next('snapshot'));
    expect(book.levels).toEqual({ bids: 100, asks: 100 });
    for (let i = 0; i < 10; i++) book.apply(await client.next('delta'));
    expect(book.levels).toEqual({ bids: 100, asks: 100 });
    await client.close();
  });
});

/** Judges one pass of a recording as a JSON client of one gateway and a msgpack client of another see it. */
async function replay(recording: Recording, redis: TestRedis, speed: 1 | 'max'): Promise<readonly Verdict[]> {
  const { file } = recording;
  const cluster = { redisUrl: redis.url, redisPrefix: uniquePrefix() };
  const oracle = await loadBookTickerOracle(DATA + file);
  // As fast as it goes the test's own clients fall behind now and then; nothing may be held back from them here.
  const patience = { softBufferBytes: 64 * 2 ** 20, hardBufferBytes: 256 * 2 ** 20 };
  await using one = await startGateway({ ...cluster, ...patience, nodeId: 'one' });
  await using two = await startGateway({ ...cluster, ...patience, nodeId: 'two' });
  await using _publisher = await startPublisher({
    ...cluster,
    feed: { source: 'recording', file: DATA + file, speed, loop: true, deltaMs: 0 },
  });
  const clients = await Promise.all([
    RawClient.connect({ url: one.url, encoding: 'json' }),
    RawClient.connect({ url: two.url, encoding: 'msgpack' }),
  ]);
  // At its own pace a pass takes minutes, so the rest of the one that is running must do.
  const skipped = speed === 'max' ? 1 : 0;
  const verdicts = await Promise.all(clients.map((client) => judge(client, recording, { oracle, skipped })));
  for (const [index, { equal, ...counts }] of verdicts.entries()) {
    const client = `${clients[index]?.encoding ?? ''} on gateway ${index === 0 ? 'one' : 'two'}`;
    process.stdout.write(
      `${file} at speed ${String(speed)}: ${client}: ${String(counts.deltas)} deltas of the whole book, top equal ${String(equal)} of ${String(counts.judged)}\n`,
    );
  }
  await Promise.all(clients.map((client) => client.close()));
  return verdicts;
}

/**
 * Watches the looping replay, whose passes each have an epoch: after so many skipped ones, to the end of the next. After every
 * delta the best bid and ask are held against the recording's own ticker stream.
 */
async function judge(
  client: RawClient,
  { symbol }: Recording,
  { oracle, skipped }: { readonly oracle: BookTickerOracle; readonly skipped: number },
): Promise<Verdict> {
  const joined = await watchBook(client, { symbol, ...WHOLE });
  const verdict: Verdict = { deltas: 0, judged: 0, equal: 0 };
  const epochs = new Set([joined.epoch]);
  let book = skipped === 0 ? joined : undefined;
  for (;;) {
    const frame = await client.nextWhere(({ type }) => ['snapshot', 'delta', 'lagging'].includes(type), {
      what: 'snapshot or delta',
      deadlineMs: FRAME_DEADLINE_MS,
    });
    if (frame.type === 'lagging') throw new Error(`the test is too slow: ${String(frame.bufferedBytes)} bytes unread`);
    if (frame.type === 'snapshot') {
      epochs.add(frame.epoch);
      if (epochs.size === skipped + 2) return verdict;
      if (epochs.size === skipped + 1) book = new ClientBook(frame);
    } else if (frame.type === 'delta' && book !== undefined) {
      book.apply(frame);
      verdict.deltas += 1;
      const expected = oracle.expectedAt(book.venueSeq);
      if (expected === undefined) continue;
      verdict.judged += 1;
      if (JSON.stringify(book.top()) === JSON.stringify(expected)) verdict.equal += 1;
    }
  }
}
