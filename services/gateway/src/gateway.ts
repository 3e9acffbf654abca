import { randomUUID } from 'node:crypto';

import type { Backplane } from '@outcry/broker';
import { CLOSE_CODES } from '@outcry/protocol';
import { type InternalServer, LoopLag, maxOpenFiles } from '@outcry/service';

import { AccountNames } from './cluster/account-names.ts';
import { Attendance } from './cluster/attendance.ts';
import { createBrokerHandler } from './cluster/broker-handler.ts';
import { createControlHandler } from './cluster/control-handler.ts';
import { createPresenceHandler } from './cluster/presence-handler.ts';
import { createRevocationHandler } from './cluster/revocation-handler.ts';
import type { Connections } from './connections/connections.ts';
import { BusyWindow, readOwnLoad } from './fanout/busy-window.ts';
import { Coalescer } from './fanout/coalescer.ts';
import type { AuthConfig } from './identity/auth-config.ts';
import { WatchedKeys } from './identity/watched-keys.ts';
import { GatewayMetrics } from './observability/metrics.ts';
import { createAccounts, createTransport, type GatewayOptions, openInternalPort } from './ports.ts';
import { fitOpenFiles } from './reception/open-files.ts';
import { Reception } from './reception/reception.ts';
import { createServices, type GatewayServices } from './services.ts';

/** Held bytes at which a coalescing window ends early: what a burst may add to a socket's buffer. */
const MAX_COALESCED_BYTES = 64 * 1024;
const DRAIN_TIMEOUT_MS = 5000;

export interface Gateway {
  /** Resolves with the ports once the gateway serves; rejects with a one-line `OutcryError`. */
  start(): Promise<{ readonly port: number; readonly internalPort: number }>;
  /** Tells every client to come back elsewhere, closes them, and lets go of everything. */
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
    const { config, backplane, logger } = this.#options;
    const { transport, services, attendance, accounts, loopLag } = this.#parts;
    this.#keys = watchKeys(config.auth, services);
    await Promise.all([this.#keys?.start(), joinCluster(backplane, services)]);
    await attendance.start();
    this.#internalServer = await openInternalPort(this.#options, { services, accounts, loopLag });
    const port = await transport.listen(new Reception(services));
    const internalPort = this.#internalServer.port;
    logger.info({ port, internalPort }, 'gateway listening');
    return { port, internalPort };
  }

  async stop(): Promise<void> {
    const { config, backplane, logger } = this.#options;
    const { transport, coalescer, loopLag, services, attendance } = this.#parts;
    const { connections, connectionLimits, meters, readiness, rooms, past, presence, books } = services;
    const { reconnectSpreadMs } = config.connections;
    logger.info({ connections: connections.size }, 'gateway draining');
    readiness.drain();
    transport.stopListening();
    coalescer.flush();
    dismiss(connections, reconnectSpreadMs);
    await connections.drained(DRAIN_TIMEOUT_MS);
    for (const part of [connections, meters, loopLag]) part.stop();
    await connectionLimits.close();
    await attendance.stop();
    await presence.close(reconnectSpreadMs);
    for (const part of [this.#keys, coalescer, past, rooms, books, transport]) part?.close();
    await Promise.all([services.hooks?.close(), this.#internalServer?.close(), backplane.close()]);
    logger.info('gateway stopped');
  }

  reload(): void {
    this.#keys?.readNow();
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
  const attendance = createAttendance(backplane, services, runId);
  return { transport, coalescer, loopLag, services, accounts, attendance };
}

async function joinCluster(backplane: Backplane, services: GatewayServices): Promise<void> {
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

function createAttendance(
  { nodes }: Backplane,
  { facts, connections, connectionLimits, readiness, rooms, books, logger }: GatewayServices,
  id: string,
): Attendance {
  const startedAt = Date.now();
  return new Attendance({
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
    }),
    onReturn: () => {
      logger.warn('this node had counted as lost');
      connectionLimits.restore();
    },
  });
}

/** Each client gets its own delay, so that they do not all come to the other gateways at once. */
function dismiss(connections: Connections, spreadMs: number): void {
  for (const connection of [...connections]) {
    connection.sendFrame({ type: 'draining', reconnectInMs: Math.floor(Math.random() * spreadMs) });
    connection.close(CLOSE_CODES.restart);
  }
}
