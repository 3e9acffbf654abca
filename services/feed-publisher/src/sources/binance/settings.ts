import { choice, optionalText, type SettingValues } from '@outcry/config';

import type { BinanceBook, BinanceOptions } from './binance-source.ts';
import { BINANCE_MARKETS } from './markets.ts';

const REST_URL = {
  pattern: /^https?:\/\/\S*[^\s/]$/,
  accepts: 'an http:// or https:// URL without a slash at its end',
};
const STREAM_URL = { pattern: /^wss?:\/\/\S*[^\s/]$/, accepts: 'a ws:// or wss:// URL without a slash at its end' };

export const BINANCE_SETTINGS = {
  OUTCRY_FEED_BINANCE_MARKET: choice(['spot', 'usdm'], {
    meaning: 'The market of the symbols: spot, or USD-M futures.',
    default: 'spot',
  }),
  OUTCRY_FEED_BINANCE_STREAM_MS: choice(['0', '100', '250', '500', '1000'], {
    meaning:
      'How often the venue sends what has changed: `100` or `1000` for spot, `0`, `100`, `250` or `500` for usdm.',
    default: '100',
  }),
  OUTCRY_FEED_BINANCE_DEPTH: choice(['100', '500', '1000', '5000'], {
    meaning:
      'Levels on each side of the snapshot that a book begins with; `5000` for spot only. More of them use up more of ' +
      'what the venue allows an address per minute.',
    default: '1000',
  }),
  OUTCRY_FEED_BINANCE_REST_URL: optionalText(REST_URL, {
    meaning: "Another host than the venue's own for snapshots, such as a mirror.",
  }),
  OUTCRY_FEED_BINANCE_STREAM_URL: optionalText(STREAM_URL, {
    meaning: "Another host than the venue's own for streams.",
  }),
} as const;

type Settings = SettingValues<typeof BINANCE_SETTINGS>;

export function binanceOptionsOf(settings: Settings, books: readonly BinanceBook[]): BinanceOptions {
  return {
    market: settings.OUTCRY_FEED_BINANCE_MARKET,
    books,
    restUrl: settings.OUTCRY_FEED_BINANCE_REST_URL,
    streamUrl: settings.OUTCRY_FEED_BINANCE_STREAM_URL,
    depth: Number(settings.OUTCRY_FEED_BINANCE_DEPTH),
    intervalMs: Number(settings.OUTCRY_FEED_BINANCE_STREAM_MS),
  };
}

export function problemsOfMarket(settings: Settings): readonly string[] {
  const name = settings.OUTCRY_FEED_BINANCE_MARKET;
  const { depthWeights, streamIntervalsMs } = BINANCE_MARKETS[name];
  const problem = (setting: string, choices: Iterable<number>): string =>
    `${setting}: the ${name} market has ${[...choices].join(', ')}`;
  const problems: string[] = [];
  for (const [setting, url] of Object.entries({
    OUTCRY_FEED_BINANCE_REST_URL: settings.OUTCRY_FEED_BINANCE_REST_URL,
    OUTCRY_FEED_BINANCE_STREAM_URL: settings.OUTCRY_FEED_BINANCE_STREAM_URL,
  })) {
    if (url !== undefined && !URL.canParse(url))
      problems.push(`${setting}: expected a URL with a host and, at most, a port`);
  }
  if (!depthWeights.has(Number(settings.OUTCRY_FEED_BINANCE_DEPTH))) {
    problems.push(problem('OUTCRY_FEED_BINANCE_DEPTH', depthWeights.keys()));
  }
  if (!streamIntervalsMs.includes(Number(settings.OUTCRY_FEED_BINANCE_STREAM_MS))) {
    problems.push(problem('OUTCRY_FEED_BINANCE_STREAM_MS', streamIntervalsMs));
  }
  return problems;
}
