import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';

import { type Book, type Client, connect } from '@outcry/client';
import {
  type BookTickerOracle,
  loadBookTickerOracle,
  normalizeDecimal,
  RawClient,
  startGateway,
  startPublisher,
  startRedis,
  type TestRedis,
  uniquePrefix,
} from '@outcry/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { watchBook } from './support/watch-book.ts';

const RECORDING = fileURLToPath(
  new URL('../../../shared/data/binance-usdm-btcusdt-20240808.jsonl.gz', import.meta.url),
);
const RECORDED_SYMBOL = 'BTCUSDT';
/** Enough for the snapshot and half a minute of events behind it. */
const EXCERPT_LINES = 8000;
const SPEED = 20;
const MIN_JUDGED = 200;
const POLL = { timeout: 30_000, interval: 20 };
const WHOLE = { depth: 0, interval: 0 };

/** As their venues write them: coin-margined futures, small letters, a line and a dash, another script. */
const SYMBOLS = ['BTCUSD_PERP', 'kPEPE', 'BTC_USDC-PERPETUAL', '币安人生USDT'];

/** Holds the top of a book against the recording's own ticker, after every frame. */
class Judge {
  readonly book: Book;
  readonly #oracle: BookTickerOracle;
  judged = 0;
  equal = 0;

  constructor(client: Client, symbol: string, oracle: BookTickerOracle) {
    this.#oracle = oracle;
    this.book = client.book(symbol, {
      ...WHOLE,
      onChange: ({ type }) => {
        if (type === 'snapshot' || type === 'delta') this.#compare();
      },
    });
  }

  #compare(): void {
    const { stamp, bids, asks } = this.book;
    const expected = stamp === undefined ? undefined : this.#oracle.expectedAt(stamp.venueSeq);
    const [bid, ask] = [bids[0], asks[0]];
    if (expected === undefined || bid === undefined || ask === undefined) return;
    this.judged += 1;
    const top = [bid, ask].map((level) => {
      const { price, size } = this.book.toDecimal(level);
      return [normalizeDecimal(price), normalizeDecimal(size)];
    });
    if (JSON.stringify(top) === JSON.stringify([expected.bid, expected.ask])) this.equal += 1;
  }
}

describe.skipIf(!existsSync(RECORDING))('a recording of a venue whose symbols are unlike those of others', () => {
  let redis: TestRedis;
  let folder: string;
  let lines: readonly string[];
  let oracle: BookTickerOracle;
  beforeAll(async () => {
    redis = await startRedis();
    folder = await mkdtemp(join(tmpdir(), 'outcry-venue-'));
    lines = (await promisify(gunzip)(await readFile(RECORDING))).toString().split('\n').slice(0, EXCERPT_LINES);
    oracle = await loadBookTickerOracle(RECORDING);
  });
  afterAll(async () => {
    await redis.stop();
    await rm(folder, { recursive: true });
  });

  /** The beginning of the recording, as if the venue called its symbol so. */
  async function recordAs(symbol: string): Promise<string> {
    const path = join(folder, `${symbol}.jsonl.gz`);
    const renamed = lines.map((line) =>
      line
        .replace(`"s":"${RECORDED_SYMBOL}"`, `"s":"${symbol}"`)
        .replace(`"stream":"${RECORDED_SYMBOL.toLowerCase()}@`, `"stream":"${symbol.toLowerCase()}@`),
    );
    await writeFile(path, await promisify(gzip)(renamed.join('\n')));
    return path;
  }

  it.each(SYMBOLS)('is watched under its own name: %s', async (symbol) => {
    const cluster = { redisUrl: redis.url, redisPrefix: uniquePrefix() };
    await using gateway = await startGateway(cluster);
    await using _publisher = await startPublisher({
      ...cluster,
      feed: { source: 'recording', file: await recordAs(symbol), speed: SPEED, deltaMs: 0 },
    });
    const raw = await RawClient.connect({ url: gateway.url, encoding: 'json' });
    await watchBook(raw, { symbol, depth: 1, interval: 100 });
    await raw.close();

    const clients = (['json', 'msgpack'] as const).map((encoding) => connect(gateway.url, { encoding }));
    const judges = clients.map((client) => new Judge(client, symbol, oracle));
    await expect.poll(() => judges.every(({ judged }) => judged > MIN_JUDGED), POLL).toBe(true);
    for (const { judged, equal } of judges) expect(equal).toBe(judged);
    for (const client of clients) {
      expect(await client.symbols()).toMatchObject([{ symbol, kind: 'replay' }]);
    }
    for (const client of clients) client.close();
  });
});
