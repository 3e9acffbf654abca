import { randomBytes } from 'node:crypto';

import { ConfigError, type Environment, readSettings, type SettingValues } from '@outcry/config';

import { ALL_RIGHTS, NO_RIGHTS } from '../identity/rights/room-rights.ts';
import type { ConnectionMaxima } from '../limits/connection-limits.ts';
import type { TlsFiles } from '../transport/transport.ts';
import { type RoomRule, RoomRules } from '../rooms/room-rules.ts';
import { type AuthConfig, authConfigOf } from '../identity/auth-config.ts';
import { problemsOfNetworks, problemsOfTls } from '../transport/settings.ts';
import { problemsInProduction } from './production.ts';
import { readRoomRulesFile } from '../rooms/room-rules-file.ts';
import { GATEWAY_SETTINGS } from './settings.ts';

export type GatewaySettings = SettingValues<typeof GATEWAY_SETTINGS>;

/** The settings as the gateway's parts take them. Times in milliseconds, sizes in bytes. */
export interface GatewayConfig {
  readonly nodeId: string;
  readonly logLevel: GatewaySettings['OUTCRY_LOG_LEVEL'];
  readonly public: { readonly host: string; readonly port: number };
  readonly internal: { readonly host: string; readonly port: number };
  /** Each lets its bearer use the server API; without any there is none. */
  readonly apiKeys: readonly string[];
  readonly redis: { readonly url: string; readonly prefix: string };
  readonly auth: AuthConfig;
  /** Undefined where the public port speaks no TLS. */
  readonly tls: TlsFiles | undefined;
  /** Pages that may connect, or `*`. */
  readonly origins: readonly string[];
  readonly trustedProxies: readonly string[];
  /** The folder of the demo page, where it is served. */
  readonly demoDirectory: string | undefined;
  readonly coalesceMs: number;
  readonly limits: {
    readonly maxFrameBytes: number;
    readonly maxFramesPerSecond: number;
    readonly maxBytesPerSecond: number;
    readonly maxControlFramesPerSecond: number;
    readonly maxJoinsPerSecond: number;
    readonly maxSignalsPerSecond: number;
    readonly maxConnections: number;
    readonly connections: ConnectionMaxima;
    readonly maxLoopLagMs: number;
    readonly maxRooms: number;
    readonly maxSubscriptions: number;
    readonly softBufferBytes: number;
    readonly hardBufferBytes: number;
    readonly laggingTimeoutMs: number;
  };
  readonly heartbeatMs: number;
  readonly idleTimeoutMs: number;
  /** What holds in rooms; without a file of rules, the same in all of them. */
  readonly roomRules: RoomRules;
  /** For how long a room can be resumed where no rule says otherwise. */
  readonly resumeWindowMs: number;
  readonly reconnectSpreadMs: number;
}

/** @throws ConfigError with every problem at once, those between settings included */
export function loadGatewayConfig(environment: Environment): { config: GatewayConfig; settings: GatewaySettings } {
  const settings = readSettings(GATEWAY_SETTINGS, environment);
  const problems = problemsBetween(settings);
  if (problems.length > 0) throw new ConfigError(problems);
  return { config: configOf(settings), settings };
}

function problemsBetween(settings: GatewaySettings): readonly string[] {
  const problems: string[] = [];
  if (settings.OUTCRY_IDLE_TIMEOUT_MS <= settings.OUTCRY_HEARTBEAT_MS) {
    problems.push('OUTCRY_IDLE_TIMEOUT_MS: must be more than OUTCRY_HEARTBEAT_MS, or healthy clients are cut');
  }
  if (settings.OUTCRY_HARD_BUFFER_BYTES <= settings.OUTCRY_SOFT_BUFFER_BYTES) {
    problems.push('OUTCRY_HARD_BUFFER_BYTES: must be more than OUTCRY_SOFT_BUFFER_BYTES');
  }
  for (const network of problemsOfNetworks(settings.OUTCRY_TRUSTED_PROXIES ?? '0.0.0.0')) {
    problems.push(`OUTCRY_TRUSTED_PROXIES: ${network} is no address and no network`);
  }
  problems.push(...problemsOfTls(settings.OUTCRY_TLS_CERT_FILE, settings.OUTCRY_TLS_KEY_FILE));
  if (settings.OUTCRY_DEMO && settings.OUTCRY_DEMO_DIR === undefined) {
    problems.push('OUTCRY_DEMO_DIR: required where OUTCRY_DEMO is true');
  }
  if (settings.OUTCRY_ACCOUNTS && settings.OUTCRY_AUTH_SECRET === undefined) {
    problems.push('OUTCRY_AUTH_SECRET: required where OUTCRY_ACCOUNTS is true');
  }
  if (settings.OUTCRY_ACCOUNTS_TOKEN_MS > settings.OUTCRY_AUTH_MAX_LIFETIME_MS) {
    problems.push('OUTCRY_ACCOUNTS_TOKEN_MS: must be at most OUTCRY_AUTH_MAX_LIFETIME_MS');
  }
  if (settings.OUTCRY_ENV === 'production') problems.push(...problemsInProduction(settings));
  return problems;
}

function configOf(settings: GatewaySettings): GatewayConfig {
  const auth = authConfigOf(settings);
  return {
    nodeId: settings.OUTCRY_NODE_ID ?? `gw-${randomBytes(4).toString('hex')}`,
    logLevel: settings.OUTCRY_LOG_LEVEL,
    public: { host: settings.OUTCRY_HOST, port: settings.OUTCRY_PORT },
    internal: { host: settings.OUTCRY_INTERNAL_HOST, port: settings.OUTCRY_INTERNAL_PORT },
    apiKeys: settings.OUTCRY_API_KEYS?.split(',') ?? [],
    redis: { url: settings.OUTCRY_REDIS_URL, prefix: settings.OUTCRY_REDIS_PREFIX },
    auth,
    tls: tlsOf(settings),
    origins: settings.OUTCRY_ORIGINS.split(','),
    trustedProxies: settings.OUTCRY_TRUSTED_PROXIES?.split(',') ?? [],
    demoDirectory: settings.OUTCRY_DEMO ? settings.OUTCRY_DEMO_DIR : undefined,
    coalesceMs: settings.OUTCRY_COALESCE_MS,
    limits: {
      maxFrameBytes: settings.OUTCRY_MAX_FRAME_BYTES,
      maxFramesPerSecond: settings.OUTCRY_MAX_FRAMES_PER_SECOND,
      maxBytesPerSecond: settings.OUTCRY_MAX_BYTES_PER_SECOND,
      maxControlFramesPerSecond: settings.OUTCRY_MAX_CONTROL_FRAMES_PER_SECOND,
      maxJoinsPerSecond: settings.OUTCRY_MAX_JOINS_PER_SECOND,
      maxSignalsPerSecond: settings.OUTCRY_MAX_SIGNALS_PER_SECOND,
      maxConnections: settings.OUTCRY_MAX_CONNECTIONS,
      connections: {
        perUser: settings.OUTCRY_MAX_CONNECTIONS_PER_USER,
        perAddress: settings.OUTCRY_MAX_CONNECTIONS_PER_ADDRESS,
        perAddressPerMinute: settings.OUTCRY_MAX_CONNECTS_PER_MINUTE,
      },
      maxLoopLagMs: settings.OUTCRY_MAX_LOOP_LAG_MS,
      maxRooms: settings.OUTCRY_MAX_ROOMS,
      maxSubscriptions: settings.OUTCRY_MAX_SUBSCRIPTIONS,
      softBufferBytes: settings.OUTCRY_SOFT_BUFFER_BYTES,
      hardBufferBytes: settings.OUTCRY_HARD_BUFFER_BYTES,
      laggingTimeoutMs: settings.OUTCRY_LAGGING_TIMEOUT_MS,
    },
    heartbeatMs: settings.OUTCRY_HEARTBEAT_MS,
    idleTimeoutMs: settings.OUTCRY_IDLE_TIMEOUT_MS,
    roomRules: loadRoomRules(settings, auth),
    resumeWindowMs: settings.OUTCRY_HISTORY_MS,
    reconnectSpreadMs: settings.OUTCRY_RECONNECT_SPREAD_MS,
  };
}

function tlsOf({
  OUTCRY_TLS_CERT_FILE: certFile,
  OUTCRY_TLS_KEY_FILE: keyFile,
}: GatewaySettings): TlsFiles | undefined {
  return certFile === undefined || keyFile === undefined ? undefined : { certFile, keyFile };
}

/** Where everybody is who they say they are, rights would protect nothing: then rooms are open unless a rule says otherwise. */
function loadRoomRules(settings: GatewaySettings, { tokens }: AuthConfig): RoomRules {
  const rights = tokens === undefined ? ALL_RIGHTS : NO_RIGHTS;
  const fallback: RoomRule = {
    retention: { count: settings.OUTCRY_HISTORY_COUNT, ms: settings.OUTCRY_HISTORY_MS },
    presence: true,
    publish: 'members',
    signal: 'members',
    readHistory: true,
    users: rights,
    guests: rights,
  };
  const path = settings.OUTCRY_ROOM_RULES_FILE;
  return new RoomRules(path === undefined ? [] : readRoomRulesFile(path, fallback), fallback);
}
