import { boolean, integer, optionalText, type SettingValues, text } from '@outcry/config';
import { isPublicHost } from '@outcry/service';

const REDIS_URL = {
  pattern: /^rediss?:\/\/\S+$/,
  accepts: '`redis://user:password@host:port/database`, or `rediss://` for TLS',
};
const KEY = String.raw`[\x21-\x2b\x2d-\x7e]{1,128}`;
const KEYS = {
  pattern: new RegExp(`^${KEY}(,${KEY}){0,63}$`),
  accepts: 'up to 64 keys of printable ASCII without spaces, with commas between them',
  isList: true,
};

/** Where the streams are, and how they are read. */
export const STREAM_SETTINGS = {
  OUTCRY_STREAM_URL: optionalText(REDIS_URL, {
    meaning:
      'The Redis with streams of messages to publish: one of yours, or that of the cluster. Unset: none is read.',
  }),
  OUTCRY_STREAM_KEYS: text(KEYS, {
    meaning: 'The streams, with commas between them. Each has its own order, and is read by one service at a time.',
    default: 'outcry:inbound',
  }),
  OUTCRY_STREAM_TRIM: boolean({
    meaning: 'Removes entries from a stream once they are published, or put aside. `false` where others read it, too.',
    default: true,
  }),
  OUTCRY_STREAM_POLL_MS: integer({
    meaning: 'How long a stream is waited on at a time, and how often one is looked at that cannot be waited on.',
    min: 50,
    max: 60_000,
    default: 1000,
  }),
} as const;

type Settings = SettingValues<typeof STREAM_SETTINGS>;

export interface StreamConfig {
  readonly url: string;
  readonly keys: readonly string[];
  readonly mustTrim: boolean;
  readonly pollMs: number;
}

/** Undefined where there is none to read. */
export function streamConfigOf(settings: Settings): StreamConfig | undefined {
  const { OUTCRY_STREAM_URL: url, OUTCRY_STREAM_KEYS: keys } = settings;
  if (url === undefined) return undefined;
  return {
    url,
    keys: keys.split(','),
    mustTrim: settings.OUTCRY_STREAM_TRIM,
    pollMs: settings.OUTCRY_STREAM_POLL_MS,
  };
}

/** What is wrong with them; in production, what would let others in, too. */
export function problemsOfStream(settings: Settings, isProduction: boolean): readonly string[] {
  const { OUTCRY_STREAM_URL: text, OUTCRY_STREAM_KEYS: keys } = settings;
  const named = keys.split(',');
  return [
    ...(text === undefined ? [] : problemsOfUrl(text, isProduction)),
    ...(new Set(named).size < named.length ? ['OUTCRY_STREAM_KEYS: names a stream twice'] : []),
  ];
}

function problemsOfUrl(text: string, isProduction: boolean): readonly string[] {
  const url = URL.parse(text);
  if (url === null) return ['OUTCRY_STREAM_URL: is no URL'];
  if (!isProduction || !isPublicHost(url.hostname)) return [];
  return [
    ...(url.password === '' ? ['OUTCRY_STREAM_URL: a Redis at a public address needs a password'] : []),
    ...(url.protocol === 'rediss:' ? [] : ['OUTCRY_STREAM_URL: a Redis at a public address needs TLS (rediss://)']),
  ];
}
