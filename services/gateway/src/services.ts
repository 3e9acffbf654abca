import type { Backplane } from '@outcry/broker';
import { createCodecs } from '@outcry/protocol';
import type { Logger, LoopLag } from '@outcry/service';
import { createTracing, NO_TRACED_ROOMS, type Tracing } from '@outcry/tracing';

import type { ArchiveSearch } from './archive/archive-search.ts';
import { PostgresArchiveSearch } from './archive/postgres-archive-search.ts';
import { PostgresRoomArchive } from './archive/postgres-room-archive.ts';
import type { RoomArchive } from './archive/room-archive.ts';
import { OwnArchiveSearch, type SearchedArchive } from './archive/own-archive-search.ts';
import { SharedRoomArchive } from './archive/shared-room-archive.ts';
import { BookDirectory } from './books/book-directory.ts';
import type { FeedReader } from './books/feed-reader.ts';
import type { GatewayConfig } from './config/config.ts';
import { Answering } from './cluster/answering.ts';
import { BALANCE_PERIOD_MS } from './cluster/balancer.ts';
import { Connections } from './connections/connections.ts';
import { Mover } from './connections/mover.ts';
import { Readiness } from './connections/readiness.ts';
import { ToldConnections } from './events/told-connections.ts';
import type { Fanout } from './fanout/audience.ts';
import type { Coalescer } from './fanout/coalescer.ts';
import { createHooks, type Hooks } from './hooks/hooks.ts';
import { clockToleranceOf } from './identity/auth-config.ts';
import { createAuthenticator } from './identity/create-authenticator.ts';
import { RevokedTokens } from './identity/revoked-tokens.ts';
import { ArrivalPace } from './limits/arrival-pace.ts';
import { ConnectionLimits } from './limits/connection-limits.ts';
import { StoredLimits } from './limits/stored-limits.ts';
import { Meters } from './limits/meters.ts';
import { PublishAdmission } from './limits/publish-admission.ts';
import type { GatewayMetrics } from './observability/metrics.ts';
import { RoomPresence } from './presence/room-presence.ts';
import { Doorkeeper } from './reception/doorkeeper.ts';
import type { ReceptionServices } from './reception/reception-services.ts';
import { ArchiveAbsence } from './rooms/archive-absence.ts';
import { ArchivedPast } from './rooms/archived-past.ts';
import { Past } from './rooms/past.ts';
import { RoomDirectory } from './rooms/room-directory.ts';
import { createRequestHandler } from './session/asked-requests.ts';
import { PublishRefusals } from './session/publish-refusals.ts';
import { certificateEndOf } from './transport/certificate-end.ts';
import type { TopicPublisher } from './transport/transport.ts';

/** Everything that the parts of a gateway work with. */
export interface GatewayServices extends ReceptionServices {
  readonly mover: Mover;
  readonly answering: Answering;
  readonly revokedTokens: RevokedTokens;
  readonly hooks: Hooks | undefined;
  /** Undefined where nobody is told of traces. */
  readonly traces: Tracing | undefined;
  readonly archive: RoomArchive | undefined;
  /** Undefined where nobody searches. */
  readonly search: ArchiveSearch | undefined;
}

export interface ServiceParts {
  readonly config: GatewayConfig;
  readonly backplane: Pick<
    Backplane,
    'broker' | 'presence' | 'limits' | 'storage' | 'server' | 'unarchivedCount' | 'awaits' | 'reportServers'
  > & {
    readonly feedBus: FeedReader;
  };
  readonly logger: Logger;
  /** As `GatewayOptions.archive`. */
  readonly archive?: RoomArchive | undefined;
  /** As `GatewayOptions.searched`. */
  readonly searched?: SearchedArchive | undefined;
  readonly metrics: GatewayMetrics;
  readonly publisher: TopicPublisher;
  readonly coalescer: Coalescer;
  readonly loopLag: Pick<LoopLag, 'meanMs'>;
  /** Names this run of the gateway to the cluster. */
  readonly runId: string;
  /** The names that have accounts here. */
  readonly accountNames: ReadonlySet<string>;
}

interface PastParts {
  readonly archive: RoomArchive | undefined;
  readonly past: GatewayServices['past'];
  readonly absence?: ArchiveAbsence;
}

/** The past of rooms: to the beginning, where there is an archive. */
function createPast({ config, backplane: { broker }, logger, metrics, archive: given }: ServiceParts): PastParts {
  const options = { broker, rules: config.roomRules, metrics, pageBytes: config.historyPageBytes };
  const store =
    given ?? (config.archive && new PostgresRoomArchive(config.archive, { metrics: metrics.archive, logger }));
  if (store === undefined) return { archive: undefined, past: new Past(options) };
  const archive = new SharedRoomArchive(store, {
    onSpared: () => {
      metrics.archive.readsSpared.labels('shared').inc();
    },
  });
  const archiveMetrics = {
    pastReads: metrics.archive.reads,
    pastBytes: metrics.archive.bytes,
    pastReadsSpared: metrics.archive.readsSpared,
  };
  const absence = new ArchiveAbsence({ metrics: metrics.archive });
  return { archive, absence, past: new ArchivedPast({ ...options, archive, absence, archiveMetrics }) };
}

function createSearch(parts: ServiceParts): ArchiveSearch | undefined {
  const { config, logger, metrics, archive: given, searched } = parts;
  if (given !== undefined) return searched && new OwnArchiveSearch(searched, { metrics: metrics.archive });
  const { archive } = config;
  if (archive === undefined || archive.searches === 0) return undefined;
  return new PostgresArchiveSearch(archive, { metrics: metrics.archive, logger });
}

function createTraces({ config, metrics, logger }: ServiceParts): Tracing | undefined {
  const { nodeId: instance, roomRules, traces } = config;
  const patternOf = (room: string): string => roomRules.patternOf(room);
  return createTracing(traces, { service: 'outcry-gateway', instance, metrics: metrics.traces, patternOf, logger });
}

/** Builds what sessions work with, over whatever transport and backplane. */
export function createServices(parts: ServiceParts): GatewayServices {
  const { config, backplane, logger, metrics, publisher, coalescer } = parts;
  const { broker, feedBus } = backplane;
  const codecs = createCodecs();
  const traces = createTraces(parts);
  const tracing = traces?.messages;
  const fanout: Fanout = { publisher, codecs, metrics, tracing };
  const { archive, past, absence } = createPast(parts);
  const rooms = new RoomDirectory({ broker, fanout, coalescer, logger, past, absence });
  const books = new BookDirectory({ feedBus, fanout, logger });
  const doors = createDoors(parts);
  const { revokedTokens } = doors;
  const hooks = createHooks(config.hooks, {
    ...{ node: config.nodeId, maxDataBytes: config.session.maxFrameBytes },
    ...{ revokedTokens, metrics: metrics.hooks, logger },
  });
  metrics.observe({
    rooms: () => rooms.size,
    books: () => books.size,
    waitingReads: () => past.size,
    isDraining: () => doors.readiness.isDraining,
    storage: () => backplane.storage?.state ?? 'writable',
    certificateEndsAt: config.tls && certificateEndOf(config.tls),
    evictionPolicy: () => backplane.server?.evictionPolicy,
    unarchived: () => backplane.unarchivedCount ?? 0,
  });
  return {
    ...settledOf(config),
    ...doors,
    answering: new Answering({ ...answeringPartsOf(parts), connections: doors.connections, books, hooks, archive }),
    hooks,
    ...{ traces, tracing, tracedRooms: traces?.rooms ?? NO_TRACED_ROOMS },
    archive,
    search: createSearch(parts),
    handleRequest: createRequestHandler(hooks),
    toldConnections: config.areConnectionsTold
      ? new ToldConnections({ store: backplane.presence, runId: parts.runId })
      : undefined,
    presence: new RoomPresence({ store: backplane.presence, rules: config.roomRules, metrics }),
    broker,
    rooms,
    past,
    books,
    codecs,
    publishRefusals: new PublishRefusals(codecs),
    metrics,
    logger,
  };
}

function answeringPartsOf({ config: { nodeId: node, roomRules: rules }, backplane, metrics }: ServiceParts) {
  return { node, rules, backplane, metrics };
}

/** What configuration has settled for all sessions. */
function settledOf(config: GatewayConfig) {
  const { nodeId, resumeWindowMs, roomRules: rules, session: limits, reception } = config;
  const { heartbeatMs, backlog: backlogLimits } = config.connections;
  const facts = { nodeId, heartbeatMs, resumeWindowMs };
  return { facts, limits, backlogLimits, rules, reception, clockToleranceMs: clockToleranceOf(config.auth) };
}

/** What decides who comes in and stays. */
function createDoors({ config, backplane, logger, metrics, loopLag, runId, accountNames }: ServiceParts) {
  const { auth, limits, reception, session } = config;
  const connections = new Connections({ ...config.connections, metrics });
  const connectionLimits = new ConnectionLimits({
    shared: backplane.limits,
    node: runId,
    maxima: limits.connections,
    logger,
  });
  const storedLimits = new StoredLimits({
    shared: backplane.limits,
    maxima: limits.stored,
    onReached: (limit) => {
      metrics.storedLimitsReached.labels(limit).inc();
    },
    logger,
  });
  const revokedTokens = new RevokedTokens();
  const admission = new PublishAdmission();
  metrics.observePublishes(admission);
  return {
    connections,
    mover: new Mover({ connections, metrics, periodMs: BALANCE_PERIOD_MS }),
    connectionLimits,
    storedLimits,
    revokedTokens,
    authenticator: createAuthenticator(auth, {
      revokedTokens,
      accountNames,
      onInfoLeftOut: (claims) => {
        metrics.infoClaimsLeftOut.inc(claims);
      },
    }),
    meters: new Meters({ ...limits, maxRooms: session.maxRooms }),
    admission,
    doorkeeper: new Doorkeeper({ reception, connections, connectionLimits, loopLag, pace: new ArrivalPace(), metrics }),
    readiness: new Readiness(backplane),
  };
}
