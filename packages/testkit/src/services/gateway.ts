import { toEnvironment } from './environment.ts';
import { type LogRecord, ServiceProcess } from './process.ts';

/** Settings of a gateway, each an `OUTCRY_*` variable of the same name; what is left out has the service's default. */
export interface GatewaySettings {
  readonly host?: string;
  readonly internalHost?: string;
  readonly port?: number;
  readonly internalPort?: number;
  readonly redisUrl?: string;
  /** Stands before every Redis name, so that tests on one Redis do not meet. */
  readonly redisPrefix?: string;
  readonly nodeId?: string;
  readonly processes?: number;
  /** With commas between them. */
  readonly apiKeys?: string;
  readonly apiReadKeys?: string;
  readonly coalesceMs?: number;
  readonly maxFrameBytes?: number;
  readonly maxFramesPerSecond?: number;
  readonly maxBytesPerSecond?: number;
  readonly maxControlFramesPerSecond?: number;
  readonly maxJoinsPerSecond?: number;
  readonly maxAnswerBytesPerSecond?: number;
  readonly maxCallsPerSecond?: number;
  readonly maxConnections?: number;
  readonly maxHandshakes?: number;
  readonly maxHandshakesPerAddress?: number;
  readonly maxConnectionsPerUser?: number;
  readonly maxConnectionsPerAddress?: number;
  readonly maxConnectsPerMinute?: number;
  /** With commas between them. */
  readonly origins?: string;
  readonly trustedProxies?: string;
  readonly tlsCertFile?: string;
  readonly tlsKeyFile?: string;
  readonly compression?: 'off' | 'on';
  readonly maxStoredBytesPerUser?: number;
  readonly maxStoredBytesPerAddress?: number;
  readonly maxNewRoomsPerUser?: number;
  readonly maxNewRoomsPerAddress?: number;
  readonly maxRooms?: number;
  readonly maxSubscriptions?: number;
  readonly heartbeatMs?: number;
  readonly idleTimeoutMs?: number;
  readonly softBufferBytes?: number;
  readonly hardBufferBytes?: number;
  readonly laggingTimeoutMs?: number;
  readonly historyCount?: number;
  readonly historyMs?: number;
  readonly historyBytes?: number;
  readonly roomBytes?: number;
  readonly reconnectSpreadMs?: number;
  readonly balance?: boolean;
  readonly balanceFloor?: number;
  readonly drainDelayMs?: number;
  readonly drainMs?: number;
  readonly authSecret?: string;
  readonly authKeysFile?: string;
  readonly authJwksUrl?: string;
  readonly authIssuer?: string | undefined;
  readonly authAudience?: string;
  readonly authInfoClaims?: string;
  readonly authClockToleranceMs?: number;
  readonly authCookie?: string;
  readonly authQuery?: boolean;
  readonly authGuests?: boolean;
  readonly authDeadlineMs?: number;
  readonly authMaxWaiting?: number;
  readonly accounts?: boolean;
  readonly maxLoginsPerMinute?: number;
  /** With commas between them. */
  readonly eventsKinds?: string;
  readonly eventsMaxEntries?: number;
  readonly hooksConnectUrl?: string;
  readonly hooksConnectOnFailure?: 'deny' | 'allow';
  readonly hooksJoinUrl?: string;
  readonly hooksJoinOnFailure?: 'deny' | 'allow';
  readonly hooksPublishUrl?: string;
  readonly hooksPublishOnFailure?: 'deny' | 'allow';
  readonly hooksRpcUrl?: string;
  readonly hooksRpcMaxPerSession?: number;
  readonly hooksSecret?: string;
  readonly hooksDeadlineMs?: number;
  readonly hooksMaxInFlight?: number;
  readonly hooksBreakerOpenMs?: number;
  readonly hooksPlainHttp?: boolean;
  readonly traceUrl?: string;
  readonly traceMaxPerSecond?: number;
  readonly demo?: boolean;
  readonly demoDir?: string;
  readonly console?: boolean;
  readonly consoleDir?: string;
  readonly consoleOidcIssuer?: string;
  readonly consoleOidcClientId?: string;
  readonly consoleOidcScopes?: string;
  readonly consoleOidcRolesClaim?: string;
  /** With commas between them. */
  readonly consoleOidcActRoles?: string;
  readonly consoleOidcReadRoles?: string;
  readonly roomRules?: string;
  readonly roomRulesFile?: string;
  readonly roomUnarchivedBytes?: number;
  readonly archiveUrl?: string;
  readonly archiveDeadlineMs?: number;
  readonly archiveSearches?: number;
  readonly archiveSearchMs?: number;
  readonly logLevel?: string;
}

export interface GatewayProcess extends AsyncDisposable {
  readonly process: ServiceProcess;
  readonly port: number;
  /** `ws://…/ws` */
  readonly url: string;
  /** `ws://…/orderbookfeed`, without a query. */
  readonly feedUrl: string;
  /** `http://…`, of the public port. */
  readonly publicUrl: string;
  /** `http://…`, of the port with `/healthz`, `/readyz` and `/metrics`. */
  readonly internalUrl: string;
}

/** No limit on what clients ask for and store, for tests that are not about those. */
export const UNLIMITED = {
  maxFramesPerSecond: 0,
  maxBytesPerSecond: 0,
  maxAnswerBytesPerSecond: 0,
  maxStoredBytesPerUser: 0,
  maxStoredBytesPerAddress: 0,
} as const satisfies GatewaySettings;

/** How the image runs a gateway (deploy/docker/Dockerfile, where the reasons are). */
export const GATEWAY_RUNTIME = {
  nodeArgs: ['--max-semi-space-size=8'],
  env: { MALLOC_MMAP_THRESHOLD_: '131072' },
} as const;

/** Any free port, on loopback only. */
export const LOOPBACK: GatewaySettings = {
  host: '127.0.0.1',
  port: 0,
  internalHost: '127.0.0.1',
  internalPort: 0,
};

/** What its process may have, besides what is set. */
export interface GatewayAllowance {
  /** Files and sockets that it may have open at once (`ulimit -n`); as many as the tests where it is left out. */
  readonly maxOpenFiles?: number | undefined;
}

/** Starts a gateway on free ports; resolves when it listens, rejects with its output where it does not. */
export async function startGateway(
  settings: GatewaySettings,
  { maxOpenFiles }: GatewayAllowance = {},
): Promise<GatewayProcess> {
  const process = new ServiceProcess({
    entry: 'services/gateway/src/main.ts',
    nodeArgs: GATEWAY_RUNTIME.nodeArgs,
    env: { ...GATEWAY_RUNTIME.env, ...toEnvironment('OUTCRY_', { ...LOOPBACK, ...settings }) },
    maxOpenFiles,
  });
  return listening(process);
}

/** Waits until a process with a gateway in it listens. */
export async function listening(process: ServiceProcess): Promise<GatewayProcess> {
  const record = await process.waitForLog('gateway listening');
  const port = portOf(record, 'port');
  const host = `127.0.0.1:${String(port)}`;
  return {
    process,
    port,
    url: `ws://${host}/ws`,
    feedUrl: `ws://${host}/orderbookfeed`,
    publicUrl: `http://${host}`,
    internalUrl: `http://127.0.0.1:${String(portOf(record, 'internalPort'))}`,
    [Symbol.asyncDispose]: () => process[Symbol.asyncDispose](),
  };
}

function portOf(record: LogRecord, field: string): number {
  const port = record[field];
  if (typeof port !== 'number') throw new Error(`"${record.msg}" has no ${field}: ${JSON.stringify(record)}`);
  return port;
}
