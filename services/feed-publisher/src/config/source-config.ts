import type { SettingValues } from '@outcry/config';
import { isSymbol } from '@outcry/protocol';

import type { BinanceBook, BinanceOptions } from '../sources/binance/binance-source.ts';
import { BINANCE_MARKETS } from '../sources/binance/markets.ts';
import type { HttpSourceOptions } from '../sources/http/http-source.ts';
import type { RecordingFile, RecordingOptions } from '../sources/recording/recording-source.ts';
import type { SimulatorOptions } from '../sources/simulator/simulator-source.ts';
import type { FEED_PUBLISHER_SETTINGS } from './settings.ts';

type Settings = SettingValues<typeof FEED_PUBLISHER_SETTINGS>;

export type SourceConfig =
  | ({ readonly kind: 'simulator' } & SimulatorOptions)
  | ({ readonly kind: 'recording' } & RecordingOptions)
  | ({ readonly kind: 'binance' } & BinanceOptions)
  | ({ readonly kind: 'http' } & HttpSourceOptions);

/** Settings that mean something to one source only, and that have no default: set for another, they are a mistake. */
const SETTINGS_OF_ONE_SOURCE = {
  OUTCRY_FEED_FILE: 'recording',
  OUTCRY_FEED_BINANCE_REST_URL: 'binance',
  OUTCRY_FEED_BINANCE_STREAM_URL: 'binance',
  OUTCRY_FEED_HTTP_KEYS: 'http',
  OUTCRY_FEED_INSTRUMENTS: 'http',
} as const;

const REQUIRED_SETTINGS: readonly string[] = ['OUTCRY_FEED_FILE', 'OUTCRY_FEED_HTTP_KEYS'];

/** What does not fit together, in a line each; none where `sourceConfigOf` may be asked. */
export function problemsOfSource(settings: Settings): readonly string[] {
  return [
    ...problemsOfSymbols(settings),
    ...problemsOfUse(settings),
    ...problemsOfMarket(settings),
    ...problemsOfInstruments(settings),
  ];
}

export function sourceConfigOf(settings: Settings): SourceConfig {
  switch (settings.OUTCRY_FEED_SOURCE) {
    case 'simulator':
      return {
        kind: 'simulator',
        symbols: booksOf(settings).map(({ symbol }) => symbol),
        rate: settings.OUTCRY_FEED_RATE,
        seed: settings.OUTCRY_FEED_SEED,
      };
    case 'recording':
      return {
        kind: 'recording',
        files: (settings.OUTCRY_FEED_FILE ?? '').split(',').map(recordingFileOf),
        speed: settings.OUTCRY_FEED_SPEED === 'max' ? Infinity : Number(settings.OUTCRY_FEED_SPEED),
        isLooping: settings.OUTCRY_FEED_LOOP,
      };
    case 'binance':
      return {
        kind: 'binance',
        market: settings.OUTCRY_FEED_BINANCE_MARKET,
        books: booksOf(settings),
        restUrl: settings.OUTCRY_FEED_BINANCE_REST_URL,
        streamUrl: settings.OUTCRY_FEED_BINANCE_STREAM_URL,
        depth: Number(settings.OUTCRY_FEED_BINANCE_DEPTH),
        intervalMs: Number(settings.OUTCRY_FEED_BINANCE_STREAM_MS),
      };
    case 'http':
      return {
        kind: 'http',
        instruments: instrumentsOf(settings),
        keys: settings.OUTCRY_FEED_HTTP_KEYS?.split(',') ?? [],
        maxBodyBytes: settings.OUTCRY_FEED_HTTP_MAX_BODY_BYTES,
        silenceMs: settings.OUTCRY_FEED_HTTP_SILENCE_MS,
      };
  }
}

function problemsOfSymbols(settings: Settings): readonly string[] {
  const canRename = settings.OUTCRY_FEED_SOURCE === 'binance';
  const entries = entriesOf(settings.OUTCRY_FEED_SYMBOLS);
  const problems = entries
    .filter((entry) => !(canRename ? entry.split('=', 2) : [entry]).every(isSymbol))
    .map((entry) => `OUTCRY_FEED_SYMBOLS: ${JSON.stringify(entry)} is not a symbol, such as BTCUSDT`);
  if (isRepeating(booksOf(settings))) problems.push('OUTCRY_FEED_SYMBOLS: names a symbol twice');
  return problems;
}

function problemsOfUse(settings: Settings): readonly string[] {
  return Object.entries(SETTINGS_OF_ONE_SOURCE).flatMap(([name, source]) => {
    const isUsed = settings.OUTCRY_FEED_SOURCE === source;
    const isSet = settings[name as keyof typeof SETTINGS_OF_ONE_SOURCE] !== undefined;
    if (isSet && !isUsed) return [`${name}: is only used where OUTCRY_FEED_SOURCE is ${source}`];
    const isMissing = !isSet && isUsed && REQUIRED_SETTINGS.includes(name);
    return isMissing ? [`${name}: required where OUTCRY_FEED_SOURCE is ${source}`] : [];
  });
}

function problemsOfMarket(settings: Settings): readonly string[] {
  const name = settings.OUTCRY_FEED_BINANCE_MARKET;
  const { depthWeights, streamIntervalsMs } = BINANCE_MARKETS[name];
  const problem = (setting: string, choices: Iterable<number>): string =>
    `${setting}: the ${name} market has ${[...choices].join(', ')}`;
  const problems: string[] = [];
  if (settings.OUTCRY_FEED_SOURCE !== 'binance') return problems;
  if (!depthWeights.has(Number(settings.OUTCRY_FEED_BINANCE_DEPTH))) {
    problems.push(problem('OUTCRY_FEED_BINANCE_DEPTH', depthWeights.keys()));
  }
  if (!streamIntervalsMs.includes(Number(settings.OUTCRY_FEED_BINANCE_STREAM_MS))) {
    problems.push(problem('OUTCRY_FEED_BINANCE_STREAM_MS', streamIntervalsMs));
  }
  return problems;
}

function problemsOfInstruments(settings: Settings): readonly string[] {
  const instruments = instrumentsOf(settings);
  const problems = instruments
    .filter(({ symbol }) => !isSymbol(symbol))
    .map(({ symbol }) => `OUTCRY_FEED_INSTRUMENTS: ${JSON.stringify(symbol)} is not a symbol, such as BTCUSDT`);
  if (isRepeating(instruments)) problems.push('OUTCRY_FEED_INSTRUMENTS: names a symbol twice');
  return problems;
}

function isRepeating(items: readonly { readonly symbol: string }[]): boolean {
  return new Set(items.map(({ symbol }) => symbol)).size < items.length;
}

function entriesOf(list: string): readonly string[] {
  return list.split(',').map((entry) => entry.trim());
}

function booksOf(settings: Settings): readonly BinanceBook[] {
  return entriesOf(settings.OUTCRY_FEED_SYMBOLS).map((entry) => {
    const [symbol = entry, venueSymbol = symbol] = entry.split('=', 2);
    return { symbol, venueSymbol };
  });
}

/** A symbol may hold `:` too, so the scales are the last two parts. */
function instrumentsOf(settings: Settings): HttpSourceOptions['instruments'] {
  return entriesOf(settings.OUTCRY_FEED_INSTRUMENTS ?? '')
    .filter((entry) => entry !== '')
    .map((entry) => {
      const parts = entry.split(':');
      const [priceScale, sizeScale] = parts.slice(-2).map(Number);
      return { symbol: parts.slice(0, -2).join(':'), priceScale: priceScale ?? 0, sizeScale: sizeScale ?? 0 };
    });
}

/** A path may hold `=` too: it is a symbol's only where a symbol stands before it. */
function recordingFileOf(text: string): RecordingFile {
  const entry = text.trim();
  const equals = entry.indexOf('=');
  const symbol = entry.slice(0, Math.max(0, equals));
  return isSymbol(symbol) ? { path: entry.slice(equals + 1), symbol } : { path: entry };
}
