import { integer, type SettingValues } from '@outcry/config';

import type { ConnectionMaxima } from './connection-limits.ts';
import type { Rates } from './meters.ts';

const KIB = 1024;
const MAX_COUNT = 10_000_000;

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
} as const;

export interface LimitsConfig extends Rates {
  readonly connections: ConnectionMaxima;
}

export function limitsConfigOf(settings: SettingValues<typeof LIMIT_SETTINGS>): LimitsConfig {
  return {
    maxFramesPerSecond: settings.OUTCRY_MAX_FRAMES_PER_SECOND,
    maxBytesPerSecond: settings.OUTCRY_MAX_BYTES_PER_SECOND,
    maxControlFramesPerSecond: settings.OUTCRY_MAX_CONTROL_FRAMES_PER_SECOND,
    maxJoinsPerSecond: settings.OUTCRY_MAX_JOINS_PER_SECOND,
    maxSignalsPerSecond: settings.OUTCRY_MAX_SIGNALS_PER_SECOND,
    connections: {
      perUser: settings.OUTCRY_MAX_CONNECTIONS_PER_USER,
      perAddress: settings.OUTCRY_MAX_CONNECTIONS_PER_ADDRESS,
      perAddressPerMinute: settings.OUTCRY_MAX_CONNECTS_PER_MINUTE,
    },
  };
}
