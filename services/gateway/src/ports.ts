import type { Backplane } from '@outcry/broker';
import {
  checkStorage,
  type InternalServer,
  type Logger,
  type LoopLag,
  type RequestHandler,
  startInternalServer,
} from '@outcry/service';

import { createApiHandler } from './api/api-handler.ts';
import { createAuthenticate } from './api/authenticate.ts';
import type { SearchedArchive } from './archive/own-archive-search.ts';
import type { RoomArchive } from './archive/room-archive.ts';
import type { AccountNames } from './cluster/account-names.ts';
import type { GatewayConfig } from './config/config.ts';
import { Accounts } from './identity/accounts/accounts.ts';
import { TokenIssuer } from './identity/accounts/token-issuer.ts';
import type { GatewayMetrics } from './observability/metrics.ts';
import type { GatewayServices } from './services.ts';
import { createConsoleHandler } from './site/console-handler.ts';
import { createAccountRoutes } from './site/account-routes.ts';
import { describeDoors, DOORS_PATH } from './site/describe-doors.ts';
import { loadSite } from './site/load-site.ts';
import type { PostHandler, Transport } from './transport/transport.ts';
import { TrustedProxies } from './transport/trusted-proxies.ts';
import { UwsTransport } from './transport/uws/uws-transport.ts';

/** uWS cuts what is larger without a close frame, so its limit stands well above the one that is answered. */
const PAYLOAD_HEADROOM = 4;
const MIN_MAX_PAYLOAD_BYTES = 64 * 1024;
/** Above the hard limit, past which a sweep closes; what comes between two sweeps must still fit. */
const BACKPRESSURE_HEADROOM = 4;

export interface GatewayOptions {
  readonly config: GatewayConfig;
  readonly backplane: Backplane;
  readonly logger: Logger;
  /** Where the past of archived rooms is, in the place of what the configuration names; it is closed with the gateway. */
  readonly archive?: RoomArchive | undefined;
  /** The same, where it can be searched. */
  readonly searched?: SearchedArchive | undefined;
}

/** What the ports are built of, besides what is given. */
interface PublicParts {
  readonly metrics: GatewayMetrics;
  readonly accounts: Accounts | undefined;
}

interface InternalParts {
  readonly services: GatewayServices;
  readonly loopLag: LoopLag;
  readonly accounts: Accounts | undefined;
}

/** Without a key nobody could use it, so there is none. */
function createApi(
  { config, backplane, logger }: GatewayOptions,
  { services: { presence, past, search, archive, traces, answering }, accounts }: InternalParts,
): RequestHandler | undefined {
  const { apiKeys: keys, roomRules: rules, session } = config;
  if (keys.length === 0) return undefined;
  const { broker, control, nodes, feedBus, revocations, events, lease: leases } = backplane;
  const maxDataBytes = session.maxFrameBytes;
  const maxTokenLifetimeMs = config.auth.maxLifetimeMs;
  const balanceFloor = config.connections.balance.floor;
  const own = { past, search, presence, accounts, maxTokenLifetimeMs, rules, maxDataBytes, balanceFloor, logger };
  const parts = {
    broker,
    control,
    nodes,
    feedBus,
    revocations,
    events,
    leases,
    own: answering,
    archivesItself: archive !== undefined && backplane.archive === undefined,
    tracedRooms: traces?.rooms,
    ...own,
  };
  return createApiHandler({ parts, authenticate: createAuthenticate(keys), traces, logger });
}

/** The public port: sockets, accounts and the page. */
export function createTransport(options: GatewayOptions, parts: PublicParts): Transport {
  const { config } = options;
  const { session, connections, auth, demoDirectory, reception } = config;
  return new UwsTransport({
    ...config.public,
    isPortShared: config.processes.index > 0,
    maxPayloadBytes: Math.max(session.maxFrameBytes * PAYLOAD_HEADROOM, MIN_MAX_PAYLOAD_BYTES),
    maxBackpressureBytes: connections.backlog.hardBufferBytes * BACKPRESSURE_HEADROOM,
    sockets: { ...reception, max: reception.maxSockets },
    onSocketRefused: (limit) => {
      parts.metrics.socketsRefused.labels(limit).inc();
    },
    heartbeatMs: connections.heartbeatMs,
    tokenSources: auth.sources,
    tls: config.tls,
    canCompress: config.canCompress,
    proxies: new TrustedProxies(config.trustedProxies, () => {
      parts.metrics.unreadableForwards.inc();
    }),
    posts: createPosts(options, parts),
    hasPictures: showsPictures(config),
    site: demoDirectory === undefined ? new Map() : loadSite(demoDirectory).set(DOORS_PATH, describeDoors(auth)),
  });
}

/** Where users may have pictures: by a claim of their token, or as the operator's server says. */
function showsPictures({ auth, hooks }: GatewayConfig): boolean {
  const claims = auth.tokens?.policy.claimNames?.info ?? [];
  return claims.includes('picture') || hooks?.connect !== undefined;
}

function createPosts({ logger }: GatewayOptions, { metrics, accounts }: PublicParts): ReadonlyMap<string, PostHandler> {
  return accounts === undefined ? new Map() : createAccountRoutes({ accounts, metrics, logger });
}

/** Names and passwords, where they are kept here. */
export function createAccounts(
  { config, backplane }: GatewayOptions,
  accountNames: AccountNames,
): Accounts | undefined {
  const { accounts: settings, tokens } = config.auth;
  if (settings === undefined) return undefined;
  const { accounts: store, limits } = backplane;
  const { maxPerAddressPerMinute } = settings;
  const issuer = new TokenIssuer(settings);
  const onRegistered = (user: string): Promise<void> =>
    tokens === undefined ? accountNames.claim(user) : Promise.resolve();
  return new Accounts({ store, limits, issuer, maxPerAddressPerMinute, onRegistered });
}

function createHandler(options: GatewayOptions, parts: InternalParts): RequestHandler {
  const { consoleDirectory } = options.config;
  const page = consoleDirectory === undefined ? undefined : createConsoleHandler(loadSite(consoleDirectory));
  const api = createApi(options, parts);
  return (request, response) => page?.(request, response) === true || api?.(request, response) === true;
}

/** The internal port: health, metrics, the server API and the console. */
export function openInternalPort(options: GatewayOptions, parts: InternalParts): Promise<InternalServer> {
  const { config, backplane } = options;
  const { services, loopLag } = parts;
  const { readiness, archive, hooks, connections, rooms, books, metrics } = services;
  return startInternalServer(config.internal, {
    service: 'gateway',
    node: config.nodeId,
    loopLag,
    checks: () => [
      ...readiness.checks,
      checkStorage(backplane.storage),
      ...(hooks?.checks ?? []),
      ...(archive === undefined ? [] : [{ name: 'archive', reason: archive.notReady(), isBlocking: false }]),
    ],
    load: () => ({ connections: connections.size, rooms: rooms.size, books: books.size }),
    exposeMetrics: () => metrics.registry.metrics(),
    handle: createHandler(options, parts),
  });
}
