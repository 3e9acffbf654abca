import { randomUUID } from 'node:crypto';

import type { Backplane } from '@outcry/broker';
import { type InternalServer, LoopLag, maxOpenFiles } from '@outcry/service';

import { AccountNames } from './cluster/account-names.ts';
import { Attendance } from './cluster/attendance.ts';
import { Balancer } from './cluster/balancer.ts';
import { createBrokerHandler } from './cluster/broker-handler.ts';
import { createControlHandler } from './cluster/control-handler.ts';
import { readOthersTake } from './cluster/other-nodes.ts';
import { nodeHealth } from './cluster/question.ts';
import { createPresenceHandler } from './cluster/presence-handler.ts';
import { createRevocationHandler } from './cluster/revocation-handler.ts';
import { Drain } from './connections/drain.ts';
import { Withdrawal } from './connections/withdrawal.ts';
import { BusyWindow, readOwnLoad } from './fanout/busy-window.ts';
import { Coalescer } from './fanout/coalescer.ts';
import type { AuthConfig } from './identity/auth-config.ts';
import { WatchedKeys } from './identity/watched-keys.ts';
import { SpareArrivals } from './limits/spare-arrivals.ts';
import { GatewayMetrics } from './observability/metrics.ts';
import { createAccounts, createSignIn, createTransport, type GatewayOptions, openInternalPort } from './ports.ts';
import { fitOpenFiles } from './reception/open-files.ts';
import { Reception } from './reception/reception.ts';
import { createServices, type GatewayServices } from './services.ts';

/** Held bytes at which a coalescing window ends early: what a burst may add to a socket's buffer. */
const MAX_COALESCED_BYTES = 64 * 1024;
const NOT_LISTENING = 'the public port takes no connections yet';

export interface Gateway {
  /** Resolves with the ports once the gateway serves; rejects with a one-line `OutcryError`. */
  start(): Promise<{ readonly port: number; readonly internalPort: number }>;
  /** Has every client move to another gateway, or come back, and lets go of everything. */
  stop(): Promise<void>;
  /** Reads the keys file again at once. A file that is no good changes nothing. */
  reload(): void;
}

/**
 * Builds a gateway out of its parts. Nothing runs before `start`.
 *
 * @throws OutcryError `badConfig` where the process may open too few files for any client
 */
export function createGateway(options: GatewayOptions): Gateway {
  const { reception, warning } = fitOpenFiles(options.config.reception, maxOpenFiles());
  if (warning !== undefined) options.logger.warn({ maxSockets: reception.maxSockets }, warning);
  return new ComposedGateway({ ...options, config: { ...options.config, reception } });
}

type Parts = ReturnType<typeof createParts>;

class ComposedGateway implements Gateway {
  readonly #options: GatewayOptions;
  readonly #parts: Parts;
  #internalServer: InternalServer | undefined;
  #keys: WatchedKeys | undefined;

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#parts = createParts(options);
  }

  async start(): Promise<{ readonly port: number; readonly internalPort: number }> {
    const { services, accounts, signIn, loopLag } = this.#parts;
    // First, so that a start which waits for Redis is seen to live.
    const internalServer = await openInternalPort(this.#options, { services, accounts, signIn, loopLag });
    this.#internalServer = internalServer;
    // Clients are served without it.
    void signIn?.start();
    services.answering.watchHealth(() => nodeHealth.safeParse(internalServer.describe()).data);
    try {
      const port = await this.#serve();
      this.#options.logger.info({ port, internalPort: internalServer.port }, 'gateway listening');
      return { port, internalPort: internalServer.port };
    } catch (err) {
      await internalServer.close();
      throw err;
    }
  }

  /** Resolves with the public port. */
  async #serve(): Promise<number> {
    const { config, backplane } = this.#options;
    const { transport, services, attendance, balancer, withdrawal } = this.#parts;
    this.#keys = watchKeys(config.auth, services);
    await Promise.all([this.#keys?.start(), joinCluster(backplane, { ...services, withdrawal })]);
    await attendance.start();
    const port = await transport.listen(new Reception(services));
    services.readiness.watchTransport(() => transport.fault);
    // The others send no clients here before.
    await attendance.tell();
    if (config.connections.balance.isOn) balancer.start();
    return port;
  }

  async stop(): Promise<void> {
    const { backplane, logger } = this.#options;
    const { coalescer, loopLag, services, signIn, attendance, balancer } = this.#parts;
    const { connections, mover, connectionLimits, meters, rooms, past, presence, books, metrics } = services;
    for (const part of [balancer, mover, metrics.sampler]) part.stop();
    const toldMs = await this.#drain();
    for (const part of [connections, meters, loopLag]) part.stop();
    await connectionLimits.close();
    await attendance.stop();
    await presence.close(toldMs);
    for (const part of [this.#keys, signIn, coalescer, past, rooms, books, this.#parts.transport]) part?.close();
    await Promise.all([
      services.hooks?.close(),
      services.traces?.close(),
      services.archive?.close(),
      services.search?.close(),
      this.#internalServer?.close(),
      backplane.close(),
    ]);
    logger.info('gateway stopped');
  }

  /** Resolves with the longest that a client was told to wait before it comes back. */
  async #drain(): Promise<number> {
    const { logger } = this.#options;
    const { transport, services, attendance, withdrawal, createDrain } = this.#parts;
    const { connections, readiness } = services;
    withdrawal.cancel();
    const drain = createDrain();
    logger.info({ connections: connections.size }, 'gateway draining');
    readiness.drain();
    void attendance.tell();
    await drain.wait();
    readiness.shut();
    transport.stopListening();
    const { toldMs, ...drained } = await drain.run();
    logger.info(drained, 'clients gone');
    return toldMs;
  }

  reload(): void {
    this.#keys?.readNow();
    this.#parts.signIn?.readNow();
  }
}

function createParts(options: GatewayOptions) {
  const { config, backplane } = options;
  const metrics = new GatewayMetrics();
  const accountNames = new AccountNames(backplane.control);
  const accounts = createAccounts(options, accountNames);
  const transport = createTransport(options, { metrics, accounts });
  const window = new BusyWindow({ maxMs: config.coalesceMs, readLoad: readOwnLoad });
  const windowMs = (): number => window.next();
  backplane.outlet?.gatherFor(windowMs);
  const coalescer = new Coalescer({
    windowMs,
    maxBytes: MAX_COALESCED_BYTES,
    intake: backplane.intake,
  });
  const runId = randomUUID();
  const loopLag = new LoopLag();
  const own = { metrics, coalescer, loopLag, runId, publisher: transport, accountNames: accountNames.all };
  const services = createServices({ ...options, ...own });
  metrics.observeSockets(() => transport.sockets);
  metrics.observeTransport(() => transport.fault === undefined);
  services.readiness.watchTransport(() => NOT_LISTENING);
  const attendance = createAttendance(backplane, services, runId);
  const balancer = createBalancer(options, services);
  const { connections, readiness, logger } = services;
  const createDrain = (): Drain =>
    new Drain({
      config: config.connections.drain,
      connections,
      othersTake: () => readOthersTake(backplane.nodes, runId),
      flush: () => {
        coalescer.flush();
      },
      metrics,
    });
  const tell = (): void => void attendance.tell();
  const withdrawal = new Withdrawal({ connections, readiness, createDrain, tell, logger });
  const signIn = createSignIn(options, metrics);
  return { transport, coalescer, loopLag, services, accounts, signIn, attendance, balancer, withdrawal, createDrain };
}

async function joinCluster(
  backplane: Backplane,
  services: GatewayServices & { readonly withdrawal: Withdrawal },
): Promise<void> {
  await backplane.start(createBrokerHandler(services));
  await backplane.presence.start(createPresenceHandler(services));
  await backplane.control.watch(createControlHandler(services));
  await backplane.revocations.watch(createRevocationHandler(services));
}

/** New keys need no restart: the issuer's and the gateways' change one after the other. */
function watchKeys({ tokens }: AuthConfig, services: GatewayServices): WatchedKeys | undefined {
  if (tokens === undefined) return undefined;
  const { authenticator, readiness, metrics, logger } = services;
  const onKeys = readiness.showKeys.bind(readiness);
  return new WatchedKeys({ config: tokens, authenticator, onKeys, metrics, logger });
}

function createAttendance({ nodes }: Backplane, services: GatewayServices, id: string): Attendance {
  const { facts, connections, connectionLimits, readiness, reception, rooms, books, metrics, answering, logger } =
    services;
  const startedAt = Date.now();
  const spare = new SpareArrivals();
  const attendance = new Attendance({
    id,
    nodes,
    logger,
    report: () => ({
      node: facts.nodeId,
      startedAt,
      connections: connections.size,
      rooms: rooms.size,
      books: books.size,
      isReady: readiness.notReady === undefined,
      takesPerSecond: spare.perSecond(reception.maxConnections - connections.size),
    }),
    extras: () => ({ sample: metrics.sampler.latest, answers: answering.ready }),
    onReturn: () => {
      logger.warn('this node had counted as lost');
      connectionLimits.restore();
    },
  });
  for (const part of [metrics.sampler, answering]) part.watch(() => void attendance.tell());
  return attendance;
}

function createBalancer({ config, backplane, logger }: GatewayOptions, { facts, metrics }: GatewayServices): Balancer {
  const { nodes, control } = backplane;
  const { floor } = config.connections.balance;
  const balancer = new Balancer({ node: facts.nodeId, nodes, control, floor, logger });
  metrics.observeBalance(() => balancer.isDecider);
  return balancer;
}
