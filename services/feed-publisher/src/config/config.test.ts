import { ConfigError, describeSettings, formatEffective, formatHelp } from '@outcry/config';
import { SYMBOL_RULE } from '@outcry/protocol';
import { describe, expect, it } from 'vitest';

import { loadFeedPublisherConfig } from './config.ts';
import { FEED_PUBLISHER_SETTINGS } from './settings.ts';

function problemsOf(environment: Record<string, string>): readonly string[] {
  try {
    loadFeedPublisherConfig(environment);
  } catch (err) {
    if (err instanceof ConfigError) return err.problems;
    throw err;
  }
  return [];
}

function printed(environment: Readonly<Record<string, string>>): string {
  return formatEffective(FEED_PUBLISHER_SETTINGS, { environment, originOf: () => 'environment' });
}

describe('loadFeedPublisherConfig', () => {
  it('simulates three books where nothing is set', () => {
    expect(loadFeedPublisherConfig({ PATH: '/bin' }).config).toEqual({
      logLevel: 'info',
      internal: { host: '127.0.0.1', port: 8081 },
      redis: { url: 'redis://127.0.0.1:6379', prefix: 'outcry', startTimeoutMs: 300_000, requiresReplicas: false },
      source: { kind: 'simulator', symbols: ['BTCUSDT', 'ETHUSDT', 'SOLUSDT'], rate: 50, seed: 1 },
      timing: { deltaMs: 100, snapshotMs: 2000 },
      leadership: { leaseMs: 3000, renewMs: 1000, settleMs: 1000 },
    });
  });

  it('reads recordings, each under its own name or another', () => {
    const { config } = loadFeedPublisherConfig({
      OUTCRY_FEED_SOURCE: 'recording',
      OUTCRY_FEED_FILE: '/data/spot.jsonl.gz, BTCUSDT-PERP=/data/usdm.jsonl.gz,./day=1/eth.jsonl',
      OUTCRY_FEED_SPEED: 'max',
      OUTCRY_FEED_LOOP: 'false',
    });
    expect(config.source).toEqual({
      kind: 'recording',
      files: [
        { path: '/data/spot.jsonl.gz' },
        { path: '/data/usdm.jsonl.gz', symbol: 'BTCUSDT-PERP' },
        { path: './day=1/eth.jsonl' },
      ],
      speed: Infinity,
      isLooping: false,
    });
  });

  it.each([
    ['1', 1],
    ['0.25', 0.25],
    ['100', 100],
    ['0.000001', 0.000001],
    ['999999.999999', 999_999.999_999],
    ['max', Infinity],
  ])('reads the speed %s', (text, speed) => {
    const environment = { OUTCRY_FEED_SOURCE: 'recording', OUTCRY_FEED_FILE: 'x', OUTCRY_FEED_SPEED: text };
    expect(loadFeedPublisherConfig(environment).config.source).toMatchObject({ speed });
  });

  it.each(['0', '0.0', '-1', 'fast', '1e3', 'Max', '.5', '1.', '+1', ' 1', '1x', '1000000', '0.0000001', 'Infinity'])(
    'refuses the speed %j, and says what there is',
    (speed) => {
      expect(problemsOf({ OUTCRY_FEED_SPEED: speed })).toEqual([
        'OUTCRY_FEED_SPEED: expected a factor from 0.000001 to 999999.999999, such as `0.5` or `10`, or `max`',
      ]);
    },
  );

  it('refuses recordings under names that nobody could ask for, and without a path', () => {
    const files = 'BTC USDT=a.jsonl,=b.jsonl,A=c.jsonl,A=,/day=1/d.jsonl,./day=1/e.jsonl';
    expect(problemsOf({ OUTCRY_FEED_SOURCE: 'recording', OUTCRY_FEED_FILE: files })).toEqual([
      `OUTCRY_FEED_FILE: "BTC USDT" is not a symbol: expected ${SYMBOL_RULE}`,
      `OUTCRY_FEED_FILE: "" is not a symbol: expected ${SYMBOL_RULE}`,
      'OUTCRY_FEED_FILE: a path is missing',
      'OUTCRY_FEED_FILE: names a symbol twice',
    ]);
  });

  it('takes the names of other venues for symbols', () => {
    const symbols = 'BTCUSD_PERP,kPEPE,BTC_USDC-PERPETUAL,BTC/USD,币安人生USDT';
    expect(loadFeedPublisherConfig({ OUTCRY_FEED_SYMBOLS: symbols }).config.source).toMatchObject({
      symbols: symbols.split(','),
    });
  });

  it('names the sources that there are', () => {
    expect(problemsOf({ OUTCRY_FEED_SOURCE: 'kraken' })).toEqual([
      'OUTCRY_FEED_SOURCE: expected one of simulator, recording, binance, http',
    ]);
  });

  it('reports every problem at once, unknown names among them', () => {
    expect(problemsOf({ OUTCRY_FEED_DELTA_MS: '-5', OUTCRY_FEED_RATE: '0', OUTCRY_FED_SEED: '1' })).toEqual([
      'OUTCRY_FEED_RATE: expected a whole number from 1 to 10000',
      'OUTCRY_FEED_DELTA_MS: expected a whole number from 0 to 60000',
      'OUTCRY_FED_SEED: unknown setting',
    ]);
  });

  it('reports what does not fit together', () => {
    expect(problemsOf({ OUTCRY_FEED_SOURCE: 'recording', OUTCRY_FEED_SYMBOLS: 'b*,ETHUSDT,ETHUSDT' })).toEqual([
      `OUTCRY_FEED_SYMBOLS: "b*" is not a symbol: expected ${SYMBOL_RULE}`,
      'OUTCRY_FEED_SYMBOLS: names a symbol twice',
      'OUTCRY_FEED_FILE: required where OUTCRY_FEED_SOURCE is recording',
    ]);
    expect(problemsOf({ OUTCRY_FEED_FILE: 'x' })).toEqual([
      'OUTCRY_FEED_FILE: is only used where OUTCRY_FEED_SOURCE is recording',
    ]);
  });

  it('takes live books from the venue itself, under their own names or others', () => {
    const environment = { OUTCRY_FEED_SOURCE: 'binance', OUTCRY_FEED_SYMBOLS: 'ETHUSDT, BTCUSDT-PERP=BTCUSDT' };
    expect(loadFeedPublisherConfig(environment).config.source).toEqual({
      kind: 'binance',
      market: 'spot',
      books: [
        { symbol: 'ETHUSDT', venueSymbol: 'ETHUSDT' },
        { symbol: 'BTCUSDT-PERP', venueSymbol: 'BTCUSDT' },
      ],
      restUrl: undefined,
      streamUrl: undefined,
      depth: 1000,
      intervalMs: 100,
    });
  });

  it('refuses what the market does not have', () => {
    const environment = {
      OUTCRY_FEED_SOURCE: 'binance',
      OUTCRY_FEED_BINANCE_MARKET: 'usdm',
      OUTCRY_FEED_BINANCE_DEPTH: '5000',
      OUTCRY_FEED_BINANCE_STREAM_MS: '1000',
      OUTCRY_FEED_SYMBOLS: 'BTCUSDT=b*,X=,A=BTCUSDT,A=ETHUSDT,B=C=D',
      OUTCRY_FEED_BINANCE_STREAM_URL: 'ws://host:99999',
    };
    expect(problemsOf(environment)).toEqual([
      ...['b*', '', 'C=D'].map(
        (text) => `OUTCRY_FEED_SYMBOLS: ${JSON.stringify(text)} is not a symbol: expected ${SYMBOL_RULE}`,
      ),
      'OUTCRY_FEED_SYMBOLS: names a symbol twice',
      'OUTCRY_FEED_BINANCE_STREAM_URL: expected a URL with a host and, at most, a port',
      'OUTCRY_FEED_BINANCE_DEPTH: the usdm market has 100, 500, 1000',
      'OUTCRY_FEED_BINANCE_STREAM_MS: the usdm market has 0, 100, 250, 500',
    ]);
  });

  it.each([
    [
      'OUTCRY_FEED_BINANCE_REST_URL',
      'https://mirror.example/',
      'an http:// or https:// URL without a slash at its end',
    ],
    ['OUTCRY_FEED_BINANCE_STREAM_URL', 'https://mirror.example', 'a ws:// or wss:// URL without a slash at its end'],
    ['OUTCRY_FEED_INSTRUMENTS', 'BTC:2', '`SYMBOL:priceScale:sizeScale`, several with commas between them'],
    ['OUTCRY_FEED_INSTRUMENTS', 'BTC:2:16', '`SYMBOL:priceScale:sizeScale`, several with commas between them'],
  ])('refuses %s=%s', (name, value, accepts) => {
    expect(problemsOf({ [name]: value })).toEqual([`${name}: expected ${accepts}`]);
  });

  it('takes posted books, the named ones or any', () => {
    const environment = { OUTCRY_FEED_SOURCE: 'http', OUTCRY_FEED_HTTP_KEYS: 'a-key-of-16-chars,another-key-of-16' };
    const source = {
      kind: 'http',
      instruments: [],
      keys: ['a-key-of-16-chars', 'another-key-of-16'],
      maxBodyBytes: 4_194_304,
      silenceMs: 30_000,
    };
    expect(loadFeedPublisherConfig(environment).config.source).toEqual(source);
    const named = { ...environment, OUTCRY_FEED_INSTRUMENTS: 'BTCUSDT:2:5, X:PERP:0:12' };
    expect(loadFeedPublisherConfig(named).config.source).toEqual({
      ...source,
      instruments: [
        { symbol: 'BTCUSDT', priceScale: 2, sizeScale: 5 },
        { symbol: 'X:PERP', priceScale: 0, sizeScale: 12 },
      ],
    });
  });

  it('wants keys for posted books, and long ones, and tells none of them', () => {
    expect(problemsOf({ OUTCRY_FEED_SOURCE: 'http', OUTCRY_FEED_INSTRUMENTS: 'b*:1:1,A:1:1,A:2:2' })).toEqual([
      'OUTCRY_FEED_HTTP_KEYS: required where OUTCRY_FEED_SOURCE is http',
      `OUTCRY_FEED_INSTRUMENTS: "b*" is not a symbol: expected ${SYMBOL_RULE}`,
      'OUTCRY_FEED_INSTRUMENTS: names a symbol twice',
    ]);
    expect(problemsOf({ OUTCRY_FEED_SOURCE: 'http', OUTCRY_FEED_HTTP_KEYS: 'hunter2' })).toEqual([
      'OUTCRY_FEED_HTTP_KEYS: expected keys of 16 characters or more, with commas between them',
    ]);
    const keys = { OUTCRY_FEED_SOURCE: 'http', OUTCRY_FEED_HTTP_KEYS: 'hunter2-hunter2-hunter2' };
    expect(loadFeedPublisherConfig(keys).config.source).toMatchObject({ keys: ['hunter2-hunter2-hunter2'] });
    expect(printed(keys)).not.toContain('hunter2');
  });

  it('reports a setting of another source than the one that is used', () => {
    const others = {
      OUTCRY_FEED_BINANCE_REST_URL: 'http://a',
      OUTCRY_FEED_BINANCE_STREAM_URL: 'ws://a',
      OUTCRY_FEED_HTTP_KEYS: 'a-key-of-16-chars',
      OUTCRY_FEED_INSTRUMENTS: 'A:1:1',
    };
    expect(problemsOf(others)).toEqual([
      'OUTCRY_FEED_BINANCE_REST_URL: is only used where OUTCRY_FEED_SOURCE is binance',
      'OUTCRY_FEED_BINANCE_STREAM_URL: is only used where OUTCRY_FEED_SOURCE is binance',
      'OUTCRY_FEED_HTTP_KEYS: is only used where OUTCRY_FEED_SOURCE is http',
      'OUTCRY_FEED_INSTRUMENTS: is only used where OUTCRY_FEED_SOURCE is http',
    ]);
  });

  it('documents every setting and prints no password', () => {
    expect(printed({ OUTCRY_REDIS_URL: 'redis://user:hunter2@redis:6379' })).not.toContain('hunter2');
    const help = formatHelp('usage', FEED_PUBLISHER_SETTINGS);
    for (const { name, meaning } of describeSettings(FEED_PUBLISHER_SETTINGS)) {
      expect(help).toContain(name);
      expect(help).toContain(meaning);
    }
  });
});
