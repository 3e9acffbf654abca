import { randomUUID } from 'node:crypto';

import { type Backplane, createMemoryBackplane, MemoryHub, type RoomKeeper } from '@outcry/broker';
import { Encoding } from '@outcry/protocol';

import type { RoomArchive } from '../archive/room-archive.ts';
import { type Identity, identityOf } from '../identity/identity.ts';
import type { FeedReader } from '../books/feed-reader.ts';
import { type GatewayConfig, loadGatewayConfig } from '../config/config.ts';
import type { BacklogLimits } from '../connections/backlog.ts';
import { Coalescer } from '../fanout/coalescer.ts';
import { createBrokerHandler } from '../cluster/broker-handler.ts';
import { createControlHandler } from '../cluster/control-handler.ts';
import { createRevocationHandler } from '../cluster/revocation-handler.ts';
import { createLogger } from '@outcry/service';
import { GatewayMetrics } from '../observability/metrics.ts';
import { createPresenceHandler } from '../cluster/presence-handler.ts';
import { createServices, type GatewayServices } from '../services.ts';
import { Session } from '../session/session.ts';
import { type FakeSocket, FakeTransport } from './fake-transport.ts';

/** What differs from the default configuration. */
type Overrides = Partial<Omit<GatewayConfig, 'limits'>> & {
  /** Of whichever part. */
  readonly limits?: Partial<
    GatewayConfig['limits'] & GatewayConfig['session'] & GatewayConfig['reception'] & BacklogLimits
  >;
  /** Where books come from, in place of the memory broker. */
  readonly feed?: FeedReader;
  /** Is given what is said in archived rooms, and is read where streams end. */
  readonly keptIn?: RoomArchive & RoomKeeper;
};

export interface TestClient {
  readonly socket: FakeSocket;
  readonly session: Session;
  /** Gives the session a JSON frame. */
  readonly send: (frame: unknown) => void;
}

/** A gateway's parts over a memory broker and a fake transport: everything but the sockets is real. */
export interface TestGateway {
  readonly config: GatewayConfig;
  readonly services: GatewayServices;
  readonly transport: FakeTransport;
  readonly backplane: Backplane;
  /** Opens a session as the transport would. */
  connect(who: string | Identity, encoding?: Encoding): TestClient;
  stop(): Promise<void>;
}

/** Nothing here is taken out of service. */
export const NO_WITHDRAWAL = { withdraw: (): void => undefined, restore: (): void => undefined };

/** Gateways that share a hub are nodes of one cluster. */
export async function createTestGateway(overrides: Overrides = {}, hub = new MemoryHub()): Promise<TestGateway> {
  const config = configOf(overrides);
  const backplane = createMemoryBackplane(hub, { told: config.told, keeper: overrides.keptIn });
  const transport = new FakeTransport();
  const services = createServices({
    config,
    backplane: { ...backplane, feedBus: overrides.feed ?? backplane.feedBus },
    logger: createLogger({ level: 'silent', fields: {} }),
    archive: overrides.keptIn,
    metrics: new GatewayMetrics(),
    publisher: transport,
    coalescer: new Coalescer({ windowMs: () => 0, maxBytes: 1 }),
    loopLag: { meanMs: 0 },
    runId: 'test',
    accountNames: new Set(),
  });
  const { rooms, past, books, connections, meters } = services;
  await backplane.start(createBrokerHandler(services));
  await backplane.presence.start(createPresenceHandler(services));
  await backplane.control.watch(createControlHandler({ ...services, withdrawal: NO_WITHDRAWAL }));
  await backplane.revocations.watch(createRevocationHandler(services));
  return {
    config,
    services,
    transport,
    backplane,
    connect: (who, encoding = Encoding.Json) => connect(services, transport.connect(encoding), who),
    async stop() {
      connections.stop();
      meters.stop();
      past.close();
      rooms.close();
      books.close();
      await services.hooks?.close();
      await services.traces?.close();
      await services.archive?.close();
      await services.search?.close();
      await backplane.close();
    },
  };
}

function configOf({ limits, feed: _feed, keptIn: _keptIn, ...overrides }: Overrides): GatewayConfig {
  const { config } = loadGatewayConfig({ OUTCRY_NODE_ID: 'test' });
  const { connections } = config;
  return {
    ...config,
    reception: { ...config.reception, ...limits },
    limits: { ...config.limits, ...limits },
    session: { ...config.session, ...limits },
    connections: { ...connections, backlog: { ...connections.backlog, ...limits } },
    ...overrides,
  };
}

function connect(services: GatewayServices, socket: FakeSocket, who: string | Identity): TestClient {
  const identity = typeof who === 'string' ? identityOf(who, { isGuest: who.startsWith('guest') }) : who;
  const session = new Session(
    {
      connection: randomUUID(),
      address: '192.0.2.1',
      encoding: socket.encoding,
      socket,
      identity,
    },
    services,
  );
  session.start();
  return {
    socket,
    session,
    send: (frame) => {
      session.received(Buffer.from(JSON.stringify(frame)), false);
    },
  };
}
