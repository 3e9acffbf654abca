import { choice, type SettingValues, text } from '@outcry/config';
import { isSymbol } from '@outcry/protocol';

import type { BinanceBook, BinanceOptions } from './binance/binance-source.ts';
import { type BINANCE_SETTINGS, binanceOptionsOf, problemsOfMarket } from './binance/settings.ts';
import type { HttpSourceOptions } from './http/http-source.ts';
import { type HTTP_SETTINGS, httpOptionsOf, problemsOfInstruments } from './http/settings.ts';
import type { RecordingOptions } from './recording/recording-source.ts';
import { problemsOfFiles, type RECORDING_SETTINGS, recordingOptionsOf } from './recording/settings.ts';
import { type SIMULATOR_SETTINGS, simulatorOptionsOf } from './simulator/settings.ts';
import type { SimulatorOptions } from './simulator/simulator-source.ts';
import { entriesOf, isRepeating, notASymbol } from './symbol-list.ts';

const SYMBOLS = { pattern: /^[^,]+(,[^,]+)*$/, accepts: 'symbols with commas between them', isList: true };

/** What all sources have to do with. */
export const SOURCE_SETTINGS = {
  OUTCRY_FEED_SOURCE: choice(['simulator', 'recording', 'binance', 'http'], {
    meaning:
      'Where books come from: invented by the simulator, replayed from recorded depth streams, live from Binance, ' +
      'or posted over HTTP by a matching engine of your own. docs/SOURCES.md describes each.',
    default: 'simulator',
  }),
  OUTCRY_FEED_SYMBOLS: text(SYMBOLS, {
    meaning:
      'The symbols of the simulator, which lets those that it does not know trade around 100, or of Binance, where ' +
      '`NAME=SYMBOL` gives a book another name than the venue has for it.',
    default: 'BTCUSDT,ETHUSDT,SOLUSDT',
  }),
} as const;

type Settings = SettingValues<
  typeof SOURCE_SETTINGS &
    typeof SIMULATOR_SETTINGS &
    typeof RECORDING_SETTINGS &
    typeof BINANCE_SETTINGS &
    typeof HTTP_SETTINGS
>;

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
    ...(settings.OUTCRY_FEED_SOURCE === 'binance' ? problemsOfMarket(settings) : []),
    ...problemsOfFiles(settings),
    ...problemsOfInstruments(settings),
  ];
}

export function sourceConfigOf(settings: Settings): SourceConfig {
  const kind = settings.OUTCRY_FEED_SOURCE;
  switch (kind) {
    case 'simulator': {
      const symbols = booksOf(settings).map(({ symbol }) => symbol);
      return { kind, ...simulatorOptionsOf(settings, symbols) };
    }
    case 'recording':
      return { kind, ...recordingOptionsOf(settings) };
    case 'binance':
      return { kind, ...binanceOptionsOf(settings, booksOf(settings)) };
    case 'http':
      return { kind, ...httpOptionsOf(settings) };
  }
}

function problemsOfSymbols(settings: Settings): readonly string[] {
  const canRename = settings.OUTCRY_FEED_SOURCE === 'binance';
  const entries = entriesOf(settings.OUTCRY_FEED_SYMBOLS);
  const problems = entries
    .map((entry) => (canRename ? partsOf(entry) : [entry]).find((part) => !isSymbol(part)))
    .filter((part) => part !== undefined)
    .map((part) => notASymbol('OUTCRY_FEED_SYMBOLS', part));
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

function booksOf(settings: Settings): readonly BinanceBook[] {
  return entriesOf(settings.OUTCRY_FEED_SYMBOLS).map((entry) => {
    const [symbol = entry, venueSymbol = symbol] = partsOf(entry);
    return { symbol, venueSymbol };
  });
}

/** Of `NAME=SYMBOL`; no symbol holds `=`. */
function partsOf(entry: string): readonly string[] {
  const equals = entry.indexOf('=');
  return equals < 0 ? [entry] : [entry.slice(0, equals), entry.slice(equals + 1)];
}
