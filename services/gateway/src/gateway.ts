import { randomUUID } from 'node:crypto';

import type { Backplane } from '@outcry/broker';
import { CLOSE_CODES, createCodecs } from '@outcry/protocol';

import { createAccountRoutes } from './site/account-routes.ts';
import { AccountNames } from './cluster/account-names.ts';
import { Accounts } from './identity/accounts/accounts.ts';
import { TokenIssuer } from './identity/accounts/token-issuer.ts';
import { createAuthenticator } from './identity/create-authenticator.ts';
import { KeysFileWatch } from './identity/tokens/keys-file-watch.ts';
import { RevokedTokens } from './identity/revoked-tokens.ts';
import { BookDirectory } from './books/book-directory.ts';
import type { GatewayConfig } from './config/config.ts';
import type { Fanout } from './fanout/audience.ts';
import { Coalescer } from './fanout/coalescer.ts';
import { createApiHandler } from './api/api-handler.ts';
import { describeDoors, DOORS_PATH } from './site/describe-doors.ts';
import { loadSite } from './site/load-site.ts';
import { Attendance } from './cluster/attendance.ts';
import { createBrokerHandler } from './cluster/broker-handler.ts';
import { Connections } from './connections/connections.ts';
import { createControlHandler } from './cluster/control-handler.ts';
import { Doorkeeper } from './reception/doorkeeper.ts';
import { Reception } from './reception/reception.ts';
import { ConnectionLimits } from './limits/connection-limits.ts';
import { LoopLag } from './limits/loop-lag.ts';
import { Meters } from './limits/meters.ts';
import { TrustedProxies } from './transport/trusted-proxies.ts';
import { type InternalServer, type Logger, type RequestHandler, startInternalServer } from '@outcry/service';
import { createRevocationHandler } from './cluster/revocation-handler.ts';
import { GatewayMetrics } from './observability/metrics.ts';
import { createPresenceHandler } from './cluster/presence-handler.ts';
import { RoomPresence } from './presence/room-presence.ts';
import { RoomDirectory } from './rooms/room-directory.ts';
import type { SessionServices } from './session/session-services.ts';
import type { PostHandler, Transport } from './transport/transport.ts';
import { UwsTransport } from './transport/uws/uws-transport.ts';

/** Held bytes at which a coalescing window ends early: what a burst may add to a socket's buffer. */
const MAX_COALESCED_BYTES = 64 * 1024;
/** uWS cuts what is larger without a close frame, so its limit stands well above the one that is answered. */
const PAYLOAD_HEADROOM = 4;
const MIN_MAX_PAYLOAD_BYTES = 64 * 1024;
/** Above the hard limit, past which a sweep closes; what comes between two sweeps must still fit. */
const BACKPRESSURE_HEADROOM = 4;
const DRAIN_TIMEOUT_MS = 5000;

export interface Gateway {
  /** Resolves with the ports once the gateway serves; rejects with a one-line `OutcryError`. */
  start(): Promise<{ readonly port: number; readonly internalPort: number }>;
  /** Tells every client to come back elsewhere, closes them, and lets go of everything. */
  stop(): Promise<void>;
  /** Reads the keys file again at once. A file that is no good changes nothing. */
  reload(): void;
}

export interface GatewayOptions {
  readonly config: GatewayConfig;
  readonly backplane: Backplane;
  readonly logger: Logger;
}

/** Builds a gateway out of its parts. Nothing runs before `start`. */
export function createGateway(options: GatewayOptions): Gateway {
  const { config, backplane, logger } = options;
  const metrics = new GatewayMetrics();
  const accountNames = new AccountNames(backplane.control);
  const transport = createTransport(options, { metrics, accountNames });
  const coalescer = new Coalescer({
    windowMs: config.coalesceMs,
    maxBytes: MAX_COALESCED_BYTES,
    intake: backplane.intake,
  });
  const runId = randomUUID();
  const loopLag = new LoopLag();
  const services = createServices(options, { metrics, accountNames, transport, coalescer, runId, loopLag });
  const { connections, connectionLimits, meters, rooms, presence, books } = services;
  const reception = new Reception(services);
  const attendance = createAttendance(backplane, services, { runId, reception });
  let internalServer: InternalServer | undefined;
  let keysFileWatch: KeysFileWatch | undefined;

  return {
    async start() {
      keysFileWatch = watchKeysFile(services);
      await joinCluster(backplane, services, reception);
      await attendance.start();
      internalServer = await openInternalPort(options, services, reception);
      const port = await transport.listen(reception);
      const internalPort = internalServer.port;
      logger.info({ port, internalPort }, 'gateway listening');
      return { port, internalPort };
    },
    async stop() {
      logger.info({ connections: connections.size }, 'gateway draining');
      reception.drain();
      transport.stopListening();
      coalescer.flush();
      dismiss(connections, config.reconnectSpreadMs);
      await connections.drained(DRAIN_TIMEOUT_MS);
      for (const part of [connections, meters, loopLag]) part.stop();
      await connectionLimits.close();
      await attendance.stop();
      await presence.close(config.reconnectSpreadMs);
      for (const part of [keysFileWatch, coalescer, rooms, books, transport]) part?.close();
      await Promise.all([internalServer?.close(), backplane.close()]);
      logger.info('gateway stopped');
    },
    reload() {
      keysFileWatch?.readNow();
    },
  };
}

async function joinCluster(backplane: Backplane, services: SessionServices, reception: Reception): Promise<void> {
  await backplane.start(createBrokerHandler(services, reception));
  await backplane.presence.start(createPresenceHandler(services));
  await backplane.control.watch(createControlHandler(services));
  await backplane.revocations.watch(createRevocationHandler(services));
}

function openInternalPort(
  options: GatewayOptions,
  services: SessionServices,
  reception: Reception,
): Promise<InternalServer> {
  return startInternalServer(options.config.internal, {
    notReady: () => reception.notReady,
    exposeMetrics: () => services.metrics.registry.metrics(),
    handle: createApi(options, services),
  });
}

/** New keys need no restart: the issuer's and the gateways' change one after the other. */
function watchKeysFile({ config, authenticator, logger }: SessionServices): KeysFileWatch | undefined {
  const keysFile = config.auth.tokens?.keysFile;
  if (keysFile === undefined) return undefined;
  const onKeys = authenticator.useKeys.bind(authenticator);
  return new KeysFileWatch({ ...keysFile, onKeys, logger });
}

/** What accounts are built of, besides what is given. */
interface AccountParts {
  readonly metrics: GatewayMetrics;
  readonly accountNames: AccountNames;
}

/** What a gateway has besides what its sessions work with. */
interface OwnParts extends AccountParts {
  readonly transport: Transport;
  readonly coalescer: Coalescer;
  readonly runId: string;
  readonly loopLag: LoopLag;
}

function createServices(
  { config, backplane, logger }: GatewayOptions,
  { metrics, accountNames, transport, coalescer, runId, loopLag }: OwnParts,
): SessionServices {
  const codecs = createCodecs();
  const fanout: Fanout = { publisher: transport, codecs, metrics };
  const { broker, feedBus } = backplane;
  const { roomRules: rules, heartbeatMs, idleTimeoutMs, limits } = config;
  const rooms = new RoomDirectory({ broker, rules, fanout, coalescer, logger });
  const presence = new RoomPresence({ store: backplane.presence, rules, metrics });
  const books = new BookDirectory({ feedBus, fanout, logger });
  const connections = new Connections({ heartbeatMs, idleTimeoutMs, ...limits, metrics });
  metrics.observe({ rooms: () => rooms.size, books: () => books.size });
  const connectionLimits = new ConnectionLimits({
    shared: backplane.limits,
    node: runId,
    maxima: limits.connections,
    logger,
  });
  const doorkeeper = new Doorkeeper({ config, connections, connectionLimits, loopLag, metrics });
  const revokedTokens = new RevokedTokens();
  const authenticator = createAuthenticator(config.auth, { revokedTokens, accountNames: accountNames.all });
  const meters = new Meters(limits);
  const doors = { authenticator, revokedTokens, connections, connectionLimits, meters, doorkeeper };
  return { config, broker, rooms, presence, books, codecs, metrics, logger, ...doors };
}

function createAttendance(
  { nodes }: Backplane,
  { config, connections, connectionLimits, rooms, books, logger }: SessionServices,
  { runId, reception }: { readonly runId: string; readonly reception: Reception },
): Attendance {
  const startedAt = Date.now();
  return new Attendance({
    id: runId,
    nodes,
    logger,
    report: () => ({
      node: config.nodeId,
      startedAt,
      connections: connections.size,
      rooms: rooms.size,
      books: books.size,
      isReady: reception.notReady === undefined,
    }),
    onReturn: () => {
      logger.warn('this node had counted as lost');
      connectionLimits.restore();
    },
  });
}

/** Without a key nobody could use it, so there is none. */
function createApi(
  { config, backplane, logger }: GatewayOptions,
  { presence }: SessionServices,
): RequestHandler | undefined {
  const { apiKeys: keys, roomRules: rules, limits } = config;
  if (keys.length === 0) return undefined;
  const { broker, control, nodes, revocations } = backplane;
  const maxDataBytes = limits.maxFrameBytes;
  const maxTokenLifetimeMs = config.auth.maxLifetimeMs;
  const parts = { broker, presence, control, nodes, revocations, maxTokenLifetimeMs, rules, maxDataBytes };
  return createApiHandler({ parts, keys, logger });
}

function createTransport(options: GatewayOptions, parts: AccountParts): Transport {
  const { config } = options;
  const { limits, auth, demoDirectory } = config;
  return new UwsTransport({
    ...config.public,
    maxPayloadBytes: Math.max(limits.maxFrameBytes * PAYLOAD_HEADROOM, MIN_MAX_PAYLOAD_BYTES),
    maxBackpressureBytes: limits.hardBufferBytes * BACKPRESSURE_HEADROOM,
    tokenSources: auth.sources,
    tls: config.tls,
    proxies: new TrustedProxies(config.trustedProxies),
    posts: createPosts(options, parts),
    site: demoDirectory === undefined ? new Map() : loadSite(demoDirectory).set(DOORS_PATH, describeDoors(auth)),
  });
}

function createPosts(
  { config, backplane, logger }: GatewayOptions,
  { metrics, accountNames }: AccountParts,
): ReadonlyMap<string, PostHandler> {
  const { accounts: settings, tokens } = config.auth;
  if (settings === undefined) return new Map();
  const { accounts: store, limits } = backplane;
  const { maxPerAddressPerMinute } = settings;
  const issuer = new TokenIssuer(settings);
  const onRegistered = (user: string): Promise<void> =>
    tokens === undefined ? accountNames.claim(user) : Promise.resolve();
  const accounts = new Accounts({ store, limits, issuer, maxPerAddressPerMinute, onRegistered });
  return createAccountRoutes({ accounts, metrics, logger });
}

/** Each client gets its own delay, so that they do not all come to the other gateways at once. */
function dismiss(connections: Connections, spreadMs: number): void {
  for (const connection of [...connections]) {
    connection.sendFrame({ type: 'draining', reconnectInMs: Math.floor(Math.random() * spreadMs) });
    connection.close(CLOSE_CODES.restart);
  }
}
