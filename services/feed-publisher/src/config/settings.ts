import { boolean, choice, integer, optionalText, text } from '@outcry/config';
import { API_KEYS, COMMON_SETTINGS } from '@outcry/service';

const FILES = {
  pattern: /^[^,]+(,[^,]+)*$/,
  accepts: 'a path, or several with commas between them, each as `path` or `SYMBOL=path`',
};
const SPEED = {
  pattern: /^(max|(?!0+(\.0+)?$)\d{1,6}(\.\d{1,6})?)$/,
  accepts: 'a positive factor, or `max`',
};
const SYMBOLS = { pattern: /^[^,]+(,[^,]+)*$/, accepts: 'symbols with commas between them' };
const INSTRUMENTS = {
  pattern: /^\s*[^,]+:(\d|1[0-5]):(\d|1[0-5])\s*(,\s*[^,]+:(\d|1[0-5]):(\d|1[0-5])\s*)*$/,
  accepts: '`SYMBOL:priceScale:sizeScale`, several with commas between them',
};
const REST_URL = {
  pattern: /^https?:\/\/\S*[^\s/]$/,
  accepts: 'an http:// or https:// URL without a slash at its end',
};
const STREAM_URL = { pattern: /^wss?:\/\/\S*[^\s/]$/, accepts: 'a ws:// or wss:// URL without a slash at its end' };

/** Every setting of the feed publisher, by its environment variable. docs/CONFIGURATION.md is made from this. */
export const FEED_PUBLISHER_SETTINGS = {
  ...COMMON_SETTINGS,
  OUTCRY_FEED_SOURCE: choice(['simulator', 'recording', 'binance', 'http'], {
    meaning:
      'Where books come from: invented by the simulator, replayed from recorded depth streams, live from Binance, ' +
      'or posted over HTTP by a matching engine of your own. docs/SOURCES.md describes each.',
    default: 'simulator',
  }),
  OUTCRY_FEED_DELTA_MS: integer({
    meaning: 'Changes within this time are published as one delta; 0 publishes every event of the source as it is.',
    min: 0,
    max: 60_000,
    default: 100,
  }),
  OUTCRY_FEED_SNAPSHOT_MS: integer({
    meaning: 'How often the whole book is published, changed or not; after 256 deltas it is in any case.',
    min: 100,
    max: 60_000,
    default: 2000,
  }),
  OUTCRY_FEED_LEASE_MS: integer({
    meaning:
      'Another publisher takes a symbol over when its leader has not renewed its lease for so long. The same for all ' +
      'publishers of a cluster; at least twice OUTCRY_FEED_LEASE_RENEW_MS.',
    min: 500,
    max: 60_000,
    default: 3000,
  }),
  OUTCRY_FEED_LEASE_RENEW_MS: integer({
    meaning: 'How often leases are renewed, and the symbols divided among the publishers that are alive.',
    min: 100,
    max: 20_000,
    default: 1000,
  }),
  OUTCRY_FEED_SYMBOLS: text(SYMBOLS, {
    meaning:
      'The symbols of the simulator, which lets those that it does not know trade around 100, or of Binance, where ' +
      '`NAME=SYMBOL` gives a book another name than the venue has for it.',
    default: 'BTCUSDT,ETHUSDT,SOLUSDT',
  }),
  OUTCRY_FEED_RATE: integer({
    meaning: 'Order events per second and symbol of the simulator, on average.',
    min: 1,
    max: 10_000,
    default: 50,
  }),
  OUTCRY_FEED_SEED: integer({
    meaning: 'The same seed gives the same simulated market, event for event.',
    min: 0,
    max: 4_294_967_295,
    default: 1,
  }),
  OUTCRY_FEED_FILE: optionalText(FILES, {
    meaning:
      'The recordings to replay, one symbol each, gzipped (`.gz`) or plain. ' +
      '`SYMBOL=` in front gives a book another name than the venue has for it.',
  }),
  OUTCRY_FEED_SPEED: text(SPEED, {
    meaning: 'How many times as fast as it was received a recording is replayed; `max` waits for nothing but the bus.',
    default: '1',
  }),
  OUTCRY_FEED_LOOP: boolean({
    meaning: 'Replays a recording again and again, each time in a new epoch; otherwise its feed ends with the file.',
    default: true,
  }),
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
