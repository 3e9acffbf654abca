import { boolean, integer, type SettingValues } from '@outcry/config';

import type { BacklogLimits } from './backlog.ts';

const KIB = 1024;

/** How open connections are looked after. */
export const CONNECTION_SETTINGS = {
  OUTCRY_HEARTBEAT_MS: integer({
    meaning: 'How often a connection is pinged.',
    min: 100,
    max: 60_000,
    default: 25_000,
  }),
  OUTCRY_IDLE_TIMEOUT_MS: integer({
    meaning: 'Silence after which a connection is closed with `heartbeatTimeout`; more than OUTCRY_HEARTBEAT_MS.',
    min: 200,
    max: 110_000,
    default: 45_000,
  }),
  OUTCRY_SOFT_BUFFER_BYTES: integer({
    meaning:
      'Unread bytes from which a client is told that it is `lagging`, and gets no more of its books until it has read most of them.',
    min: 4 * KIB,
    max: 64 * KIB * KIB,
    default: 256 * KIB,
  }),
  OUTCRY_HARD_BUFFER_BYTES: integer({
    meaning: 'Unread bytes from which a client is closed with `slowConsumer`; more than OUTCRY_SOFT_BUFFER_BYTES.',
    min: 8 * KIB,
    max: 256 * KIB * KIB,
    default: 1024 * KIB,
  }),
  OUTCRY_LAGGING_TIMEOUT_MS: integer({
    meaning: 'How long a client that is `lagging` may read nothing before it is closed with `slowConsumer`.',
    min: 100,
    max: 600_000,
    default: 60_000,
  }),
  OUTCRY_RECONNECT_SPREAD_MS: integer({
    meaning:
      'Over how long the clients of a gateway that shuts down are asked to go, however few they are; more where the others cannot take them so fast, less where OUTCRY_DRAIN_MS does not leave it. Where there is no other gateway, each is told a delay of its own up to this before it comes back.',
    min: 0,
    max: 600_000,
    default: 5000,
  }),
  OUTCRY_BALANCE: boolean({
    meaning:
      'Whether clients that can move are asked to, from gateways that have more than 1.1 times the mean to others, as behind a scale-out.',
    default: false,
  }),
  OUTCRY_BALANCE_FLOOR: integer({
    meaning: 'A gateway that has fewer clients than this above the mean is left as it is.',
    min: 1,
    max: 1_000_000,
    default: 100,
  }),
  OUTCRY_DRAIN_DELAY_MS: integer({
    meaning:
      'How long a gateway that shuts down only says so on `/readyz`, and goes on as before, until whatever sends clients to it has noticed.',
    min: 0,
    max: 600_000,
    default: 0,
  }),
  OUTCRY_DRAIN_MS: integer({
    meaning:
      'Within how long a gateway that shuts down has ended, OUTCRY_DRAIN_DELAY_MS included. Clients that are still there shortly before are closed with `restart`.',
    min: 100,
    max: 3_600_000,
    default: 20_000,
  }),
} as const;

type ConnectionSettings = SettingValues<typeof CONNECTION_SETTINGS>;

export interface ConnectionsConfig {
  readonly heartbeatMs: number;
  readonly idleTimeoutMs: number;
  readonly backlog: BacklogLimits;
  readonly drain: DrainConfig;
  readonly balance: BalanceConfig;
}

export interface BalanceConfig {
  readonly isOn: boolean;
  /** Clients above the mean. */
  readonly floor: number;
}

export interface DrainConfig {
  /** Before anybody is asked to go. */
  readonly delayMs: number;
  /** For all of it. */
  readonly maxMs: number;
  /** Over which clients are asked, or come back. */
  readonly spreadMs: number;
}

export function connectionsConfigOf(settings: ConnectionSettings): ConnectionsConfig {
  return {
    heartbeatMs: settings.OUTCRY_HEARTBEAT_MS,
    idleTimeoutMs: settings.OUTCRY_IDLE_TIMEOUT_MS,
    backlog: {
      softBufferBytes: settings.OUTCRY_SOFT_BUFFER_BYTES,
      hardBufferBytes: settings.OUTCRY_HARD_BUFFER_BYTES,
      laggingTimeoutMs: settings.OUTCRY_LAGGING_TIMEOUT_MS,
    },
    drain: {
      delayMs: settings.OUTCRY_DRAIN_DELAY_MS,
      maxMs: settings.OUTCRY_DRAIN_MS,
      spreadMs: settings.OUTCRY_RECONNECT_SPREAD_MS,
    },
    balance: { isOn: settings.OUTCRY_BALANCE, floor: settings.OUTCRY_BALANCE_FLOOR },
  };
}

export function problemsOfConnections(settings: ConnectionSettings): readonly string[] {
  const problems: string[] = [];
  if (settings.OUTCRY_IDLE_TIMEOUT_MS <= settings.OUTCRY_HEARTBEAT_MS) {
    problems.push('OUTCRY_IDLE_TIMEOUT_MS: must be more than OUTCRY_HEARTBEAT_MS, or healthy clients are cut');
  }
  if (settings.OUTCRY_HARD_BUFFER_BYTES <= settings.OUTCRY_SOFT_BUFFER_BYTES) {
    problems.push('OUTCRY_HARD_BUFFER_BYTES: must be more than OUTCRY_SOFT_BUFFER_BYTES');
  }
  if (settings.OUTCRY_DRAIN_MS <= settings.OUTCRY_DRAIN_DELAY_MS) {
    problems.push('OUTCRY_DRAIN_MS: must be more than OUTCRY_DRAIN_DELAY_MS, or no client is asked to go');
  }
  return problems;
}
