import { randomBytes } from 'node:crypto';

import type { ToldEvents } from '@outcry/broker';
import { ConfigError, type Environment, readSettings } from '@outcry/config';
import { problemsOfRedis, type ServiceConfig, serviceConfigOf } from '@outcry/service';
import { problemsOfTraces, type TraceConfig, traceConfigOf } from '@outcry/tracing';

import type { ApiKey } from '../api/bearer.ts';
import { apiKeysOf, problemsOfApi } from '../api/settings.ts';
import { type ArchiveConfig, archiveConfigOf, problemsOfArchive } from '../archive/settings.ts';
import { type ConnectionsConfig, connectionsConfigOf, problemsOfConnections } from '../connections/settings.ts';
import { eventsConfigOf } from '../events/settings.ts';
import { toldEventsOf } from '../events/told-events.ts';
import { type HooksConfig, hooksConfigOf, problemsOfHooks } from '../hooks/settings.ts';
import { type AuthConfig, authConfigOf } from '../identity/auth-config.ts';
import { problemsOfAuth } from '../identity/settings.ts';
import { type LimitsConfig, limitsConfigOf } from '../limits/settings.ts';
import { problemsOfOrigins, type ReceptionConfig, receptionConfigOf } from '../reception/settings.ts';
import { type OperatorsConfig, operatorsConfigOf, problemsOfOperators } from '../operators/settings.ts';
import { ownOf, problemsOfProcesses, type ProcessesConfig, processesConfigOf } from '../processes/settings.ts';
import { AskedOf, type RoomRules } from '../rooms/room-rules.ts';
import { historyPageBytesOf, loadRoomRules, problemsOfRooms } from '../rooms/settings.ts';
import { type SessionLimits, sessionLimitsOf } from '../session/settings.ts';
import { consoleDirectoryOf, demoDirectoryOf, problemsOfSite } from '../site/settings.ts';
import { problemsOfTransport, type TransportConfig, transportConfigOf } from '../transport/settings.ts';
import { problemsInProduction } from './production.ts';
import { GATEWAY_SETTINGS, type GatewaySettings } from './settings.ts';

/** What each part takes, put together. Times in milliseconds, sizes in bytes. */
export interface GatewayConfig extends TransportConfig, ServiceConfig {
  readonly nodeId: string;
  readonly processes: ProcessesConfig;
  readonly auth: AuthConfig;
  /** Undefined where the operator's server is not asked. */
  readonly hooks: HooksConfig | undefined;
  /** Who is written down as coming and going; undefined where nobody is. */
  readonly told: ToldEvents | undefined;
  /** Whether connections are. */
  readonly areConnectionsTold: boolean;
  readonly reception: ReceptionConfig;
  readonly limits: LimitsConfig;
  readonly connections: ConnectionsConfig;
  readonly session: SessionLimits;
  /** What holds in rooms; without a file of rules, the same in all of them. */
  readonly roomRules: RoomRules;
  /** Undefined where the past ends with what streams keep. */
  readonly archive: ArchiveConfig | undefined;
  /** Of a room's past, read at once. */
  readonly historyPageBytes: number;
  /** For how long a room can be resumed where no rule says otherwise. */
  readonly resumeWindowMs: number;
  readonly coalesceMs: number;
  /** Undefined where nobody is told of traces. */
  readonly traces: TraceConfig | undefined;
  /** Each lets its bearer use the server API; without any, and where nobody signs in, there is none. */
  readonly apiKeys: readonly ApiKey[];
  /** Undefined where nobody signs in. */
  readonly operators: OperatorsConfig | undefined;
  /** The folder of the demo page, where it is served. */
  readonly demoDirectory: string | undefined;
  /** The same of the console. */
  readonly consoleDirectory: string | undefined;
}

/** @throws ConfigError with every problem at once, those between settings included */
export function loadGatewayConfig(environment: Environment): { config: GatewayConfig; settings: GatewaySettings } {
  const settings = readSettings(GATEWAY_SETTINGS, environment);
  const problems = [
    ...problemsOfRedis(settings),
    ...problemsOfOrigins(settings),
    ...problemsOfConnections(settings),
    ...problemsOfProcesses(settings),
    ...problemsOfTransport(settings),
    ...problemsOfApi(settings),
    ...problemsOfSite(settings),
    ...problemsOfOperators(settings),
    ...problemsOfAuth(settings),
    ...problemsOfHooks(settings),
    ...problemsOfRooms(settings),
    ...problemsOfTraces(settings),
    ...problemsOfArchive(settings, { isProduction: settings.OUTCRY_ENV === 'production' }),
    ...(settings.OUTCRY_ENV === 'production' ? problemsInProduction(settings) : []),
  ];
  if (problems.length > 0) throw new ConfigError(problems);
  return { config: configOf(settings), settings };
}

function configOf(settings: GatewaySettings): GatewayConfig {
  const auth = authConfigOf(settings);
  const { nodeId, internalPort } = ownOf(settings);
  const connections = connectionsConfigOf(settings);
  const hooks = hooksConfigOf(settings);
  const events = eventsConfigOf(settings);
  const roomRules = loadRoomRules(settings, {
    areTokensChecked: auth.tokens !== undefined,
    hooks: askedOf(hooks),
    areMembersTold: events.kinds.has('room') || events.kinds.has('member'),
  });
  return {
    ...transportConfigOf(settings),
    ...serviceConfigOf(settings),
    nodeId: nodeId ?? `gw-${randomBytes(4).toString('hex')}`,
    internal: { host: settings.OUTCRY_INTERNAL_HOST, port: internalPort },
    processes: processesConfigOf(settings),
    auth,
    hooks,
    told: toldEventsOf(events, roomRules),
    areConnectionsTold: events.kinds.has('connection'),
    reception: receptionConfigOf(settings),
    limits: limitsConfigOf(settings),
    connections,
    session: sessionLimitsOf(settings),
    roomRules,
    archive: archiveConfigOf(settings),
    historyPageBytes: historyPageBytesOf(settings, connections.backlog),
    resumeWindowMs: settings.OUTCRY_HISTORY_MS,
    coalesceMs: settings.OUTCRY_COALESCE_MS,
    traces: traceConfigOf(settings),
    apiKeys: apiKeysOf(settings),
    operators: operatorsConfigOf(settings),
    demoDirectory: demoDirectoryOf(settings),
    consoleDirectory: consoleDirectoryOf(settings),
  };
}

/** What rules of rooms may say that the operator's server is asked of. */
function askedOf(hooks: HooksConfig | undefined): ReadonlySet<AskedOf> {
  return new Set(Object.values(AskedOf).filter((what) => hooks?.[what] !== undefined));
}
