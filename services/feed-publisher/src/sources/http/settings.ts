import { integer, optionalText, type SettingValues } from '@outcry/config';
import { isSymbol } from '@outcry/protocol';
import { API_KEYS } from '@outcry/service';

import { entriesOf, isRepeating, notASymbol } from '../symbol-list.ts';
import type { HttpSourceOptions } from './http-source.ts';

const INSTRUMENTS = {
  pattern: /^\s*[^,]+:(\d|1[0-5]):(\d|1[0-5])\s*(,\s*[^,]+:(\d|1[0-5]):(\d|1[0-5])\s*)*$/,
  accepts: '`SYMBOL:priceScale:sizeScale`, several with commas between them',
  isList: true,
};

export const HTTP_SETTINGS = {
  OUTCRY_FEED_HTTP_KEYS: optionalText(API_KEYS, {
    meaning:
      'Any of these keys lets a matching engine post books to the internal port. Several, so that one can be replaced.',
    isSecret: true,
  }),
  OUTCRY_FEED_INSTRUMENTS: optionalText(INSTRUMENTS, {
    meaning:
      'The only books that can be posted, with their decimal places. Unset: any, declared by its first snapshot.',
  }),
  OUTCRY_FEED_HTTP_MAX_BODY_BYTES: integer({
    meaning: 'Largest request with a book or its changes; a larger one is refused with 413.',
    min: 1024,
    max: 67_108_864,
    default: 4_194_304,
  }),
  OUTCRY_FEED_HTTP_SILENCE_MS: integer({
    meaning:
      'Without a request for so long a posted book counts as old, and its watchers are told; a request without deltas ' +
      'is enough. 0 trusts a silent engine.',
    min: 0,
    max: 86_400_000,
    default: 30_000,
  }),
} as const;

type Settings = SettingValues<typeof HTTP_SETTINGS>;

export function httpOptionsOf(settings: Settings): HttpSourceOptions {
  return {
    instruments: instrumentsOf(settings),
    keys: settings.OUTCRY_FEED_HTTP_KEYS?.split(',') ?? [],
    maxBodyBytes: settings.OUTCRY_FEED_HTTP_MAX_BODY_BYTES,
    silenceMs: settings.OUTCRY_FEED_HTTP_SILENCE_MS,
  };
}

export function problemsOfInstruments(settings: Settings): readonly string[] {
  const instruments = instrumentsOf(settings);
  const problems = instruments
    .filter(({ symbol }) => !isSymbol(symbol))
    .map(({ symbol }) => notASymbol('OUTCRY_FEED_INSTRUMENTS', symbol));
  if (isRepeating(instruments)) problems.push('OUTCRY_FEED_INSTRUMENTS: names a symbol twice');
  return problems;
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
