import type { Backplane } from '@outcry/broker';
import { type InternalServer, type Logger, type RequestHandler, startInternalServer } from '@outcry/service';

import { createApiHandler } from './api/api-handler.ts';
import type { AccountNames } from './cluster/account-names.ts';
import type { GatewayConfig } from './config/config.ts';
import { Accounts } from './identity/accounts/accounts.ts';
import { TokenIssuer } from './identity/accounts/token-issuer.ts';
import type { GatewayMetrics } from './observability/metrics.ts';
import type { GatewayServices } from './services.ts';
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
}

/** What accounts are built of, besides what is given. */
interface AccountParts {
  readonly metrics: GatewayMetrics;
  readonly accountNames: AccountNames;
}

/** Without a key nobody could use it, so there is none. */
function createApi(
  { config, backplane, logger }: GatewayOptions,
  { presence, past }: GatewayServices,
): RequestHandler | undefined {
  const { apiKeys: keys, roomRules: rules, session } = config;
  if (keys.length === 0) return undefined;
  const { broker, control, nodes, revocations } = backplane;
  const maxDataBytes = session.maxFrameBytes;
  const maxTokenLifetimeMs = config.auth.maxLifetimeMs;
  const parts = { broker, past, presence, control, nodes, revocations, maxTokenLifetimeMs, rules, maxDataBytes };
  return createApiHandler({ parts, keys, logger });
}

/** The public port: sockets, accounts and the page. */
export function createTransport(options: GatewayOptions, parts: AccountParts): Transport {
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
    tokenSources: auth.sources,
    tls: config.tls,
    proxies: new TrustedProxies(config.trustedProxies, () => {
      parts.metrics.unreadableForwards.inc();
    }),
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

/** The internal port: health, metrics and the server API. */
export function openInternalPort(options: GatewayOptions, services: GatewayServices): Promise<InternalServer> {
  return startInternalServer(options.config.internal, {
    notReady: () => services.readiness.notReady,
    limitation: () => limitationOf(options.backplane),
    exposeMetrics: () => services.metrics.registry.metrics(),
    handle: createApi(options, services),
  });
}

function limitationOf({ storage }: Backplane): string | undefined {
  return storage === undefined || storage.state === 'writable' ? undefined : storage.reason;
}
