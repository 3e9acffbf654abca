import { integer, type SettingValues } from '@outcry/config';

import type { ConnectionMaxima } from './connection-limits.ts';
import type { Rates } from './meters.ts';
import type { StoredMaxima } from './stored-limits.ts';

const KIB = 1024;
const MAX_COUNT = 10_000_000;
const MAX_STORED_BYTES = 1024 * 1024 * KIB * KIB;
const WINDOW = 'in ten minutes, in the cluster';
const REFUSAL = 'One more is refused with `limitReached`. 0 is no limit.';

/** How much and how often: of one connection, of one user, of one address. */
export const LIMIT_SETTINGS = {
  OUTCRY_MAX_FRAMES_PER_SECOND: integer({
    meaning: 'Frames that one connection may send, with bursts of twice as many; 0 is no limit.',
    min: 0,
    max: 1_000_000,
    default: 50,
  }),
  OUTCRY_MAX_BYTES_PER_SECOND: integer({
    meaning: 'Bytes of frames that one connection may send, with bursts of twice as many; 0 is no limit.',
    min: 0,
    max: 1024 * KIB * KIB,
    default: 256 * KIB,
  }),
  OUTCRY_MAX_CONTROL_FRAMES_PER_SECOND: integer({
    meaning: 'WebSocket pings and pongs that one connection may send, with bursts of twice as many; 0 is no limit.',
    min: 0,
    max: 1_000_000,
    default: 10,
  }),
  OUTCRY_MAX_JOINS_PER_SECOND: integer({
    meaning:
      'Joins of one connection, with bursts of OUTCRY_MAX_ROOMS, or of twice as many where that is more; 0 is no limit. They count as frames, too.',
    min: 0,
    max: 1_000_000,
    default: 20,
  }),
  OUTCRY_MAX_SIGNALS_PER_SECOND: integer({
    meaning:
      'Signals that one connection may send, with bursts of twice as many; 0 is no limit. They count as frames, too.',
    min: 0,
    max: 1_000_000,
    default: 10,
  }),
  OUTCRY_MAX_ANSWER_BYTES_PER_SECOND: integer({
    meaning:
      'Bytes of answers that one connection may ask for, with bursts of 16 times as many; past it `history`, `members`, `symbols`, `subscribe`, `unsubscribe` and `call` are refused. 0 is no limit.',
    min: 0,
    max: 1024 * KIB * KIB,
    default: 1024 * KIB,
  }),
  OUTCRY_MAX_CALLS_PER_SECOND: integer({
    meaning:
      'Calls of one connection to your own server, with bursts of twice as many; 0 is no limit. They count as frames, too.',
    min: 0,
    max: 1_000_000,
    default: 10,
  }),
  OUTCRY_MAX_CONNECTIONS_PER_USER: integer({
    meaning: 'Connections of one user in the cluster; one more is closed with `quotaExceeded`. 0 is no limit.',
    min: 0,
    max: MAX_COUNT,
    default: 0,
  }),
  OUTCRY_MAX_CONNECTIONS_PER_ADDRESS: integer({
    meaning:
      'Connections of one address (IPv6: of one /64) in the cluster; one more is closed with `quotaExceeded`. 0 is no limit.',
    min: 0,
    max: MAX_COUNT,
    default: 0,
  }),
  OUTCRY_MAX_CONNECTS_PER_MINUTE: integer({
    meaning:
      'New connections of one address in a minute, in the cluster; one more is closed with `rateLimited`, and for 5 s answered with 429. 0 is no limit.',
    min: 0,
    max: MAX_COUNT,
    default: 0,
  }),
  OUTCRY_MAX_STORED_BYTES_PER_USER: integer({
    meaning: `Bytes of messages that one user may store ${WINDOW}, and as many at once; what rooms do not keep does not count. ${REFUSAL}`,
    min: 0,
    max: MAX_STORED_BYTES,
    default: 32 * KIB * KIB,
  }),
  OUTCRY_MAX_STORED_BYTES_PER_ADDRESS: integer({
    meaning: `The same of one address (IPv6: of one /64). Behind a proxy that OUTCRY_TRUSTED_PROXIES lacks all clients have one.`,
    min: 0,
    max: MAX_STORED_BYTES,
    default: 512 * KIB * KIB,
  }),
  OUTCRY_MAX_NEW_ROOMS_PER_USER: integer({
    meaning: `Rooms without any message that one user may join or begin ${WINDOW}, and as many at once; its inbox does not count. ${REFUSAL}`,
    min: 0,
    max: MAX_COUNT,
    default: 500,
  }),
  OUTCRY_MAX_NEW_ROOMS_PER_ADDRESS: integer({
    meaning: 'The same of one address (IPv6: of one /64).',
    min: 0,
    max: MAX_COUNT,
    default: 10_000,
  }),
} as const;

export interface LimitsConfig extends Rates {
  readonly connections: ConnectionMaxima;
  readonly stored: StoredMaxima;
}

export function limitsConfigOf(settings: SettingValues<typeof LIMIT_SETTINGS>): LimitsConfig {
  return {
    maxFramesPerSecond: settings.OUTCRY_MAX_FRAMES_PER_SECOND,
    maxBytesPerSecond: settings.OUTCRY_MAX_BYTES_PER_SECOND,
    maxControlFramesPerSecond: settings.OUTCRY_MAX_CONTROL_FRAMES_PER_SECOND,
    maxJoinsPerSecond: settings.OUTCRY_MAX_JOINS_PER_SECOND,
    maxSignalsPerSecond: settings.OUTCRY_MAX_SIGNALS_PER_SECOND,
    maxAnswerBytesPerSecond: settings.OUTCRY_MAX_ANSWER_BYTES_PER_SECOND,
    maxCallsPerSecond: settings.OUTCRY_MAX_CALLS_PER_SECOND,
    connections: {
      perUser: settings.OUTCRY_MAX_CONNECTIONS_PER_USER,
      perAddress: settings.OUTCRY_MAX_CONNECTIONS_PER_ADDRESS,
      perAddressPerMinute: settings.OUTCRY_MAX_CONNECTS_PER_MINUTE,
    },
    stored: {
      bytesPerUser: settings.OUTCRY_MAX_STORED_BYTES_PER_USER,
      bytesPerAddress: settings.OUTCRY_MAX_STORED_BYTES_PER_ADDRESS,
      roomsPerUser: settings.OUTCRY_MAX_NEW_ROOMS_PER_USER,
      roomsPerAddress: settings.OUTCRY_MAX_NEW_ROOMS_PER_ADDRESS,
    },
  };
}
