import type { Backplane } from '@outcry/broker';
import {
  checkStorage,
  type InternalServer,
  type InternalStatus,
  type Logger,
  type LoopLag,
  startInternalServer,
} from '@outcry/service';

import { createApiHandler } from './api/api-handler.ts';
import type { ApiParts } from './api/api-parts.ts';
import { createAuthenticate } from './api/authenticate.ts';
import type { SearchedArchive } from './archive/own-archive-search.ts';
import type { RoomArchive } from './archive/room-archive.ts';
import type { AccountNames } from './cluster/account-names.ts';
import type { GatewayConfig } from './config/config.ts';
import { Accounts } from './identity/accounts/accounts.ts';
import { TokenIssuer } from './identity/accounts/token-issuer.ts';
import { createLivePort } from './live/create-live-port.ts';
import type { GatewayMetrics } from './observability/metrics.ts';
import { SignIn } from './operators/sign-in.ts';
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
  /** Undefined where nobody signs in. */
  readonly signIn: SignIn | undefined;
}

/** What commands of the server API work with. */
function createApiParts(
  { config, backplane, logger }: GatewayOptions,
  { services: { presence, past, search, archive, traces, answering }, accounts }: InternalParts,
): ApiParts {
  const { roomRules: rules, session } = config;
  const { broker, control, nodes, feedBus, revocations, events, lease: leases } = backplane;
  const maxDataBytes = session.maxFrameBytes;
  const maxTokenLifetimeMs = config.auth.maxLifetimeMs;
  const balanceFloor = config.connections.balance.floor;
  const own = { past, search, presence, accounts, maxTokenLifetimeMs, rules, maxDataBytes, balanceFloor, logger };
  return {
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

/** Where people sign in to the console. */
export function createSignIn({ config, logger }: GatewayOptions, metrics: GatewayMetrics): SignIn | undefined {
  return config.operators && new SignIn({ config: config.operators, metrics, logger });
}

/** The server API and the console. Without a key, and a provider to sign in at, nobody could use them, so there is none. */
function createHandlers(
  options: GatewayOptions,
  parts: InternalParts,
): Required<Pick<InternalStatus, 'handle' | 'upgrades'>> {
  const { logger, config } = options;
  const { apiKeys: keys, consoleDirectory, nodeId: node } = config;
  const { traces, metrics } = parts.services;
  const { signIn } = parts;
  const findDoor = (): SignIn['door'] | undefined => signIn?.door;
  const page =
    consoleDirectory === undefined ? undefined : createConsoleHandler({ site: loadSite(consoleDirectory), findDoor });
  if (keys.length === 0 && signIn === undefined) return { handle: page, upgrades: undefined };
  const authenticate = createAuthenticate(keys, signIn);
  const apiParts = createApiParts(options, parts);
  const api = createApiHandler({ parts: apiParts, authenticate, traces, metrics, logger });
  return {
    handle: (request, response) => page?.(request, response) === true || api(request, response),
    upgrades: page && createLivePort({ node, api: apiParts, authenticate, metrics: metrics.console, logger }),
  };
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
      ...(parts.signIn === undefined ? [] : [{ name: 'sign-in', reason: parts.signIn.notReady(), isBlocking: false }]),
    ],
    load: () => ({ connections: connections.size, rooms: rooms.size, books: books.size }),
    exposeMetrics: () => metrics.registry.metrics(),
    ...createHandlers(options, parts),
  });
}
