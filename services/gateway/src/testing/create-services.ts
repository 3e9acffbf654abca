import { randomUUID } from 'node:crypto';

import { type Backplane, createMemoryBackplane, MemoryHub } from '@outcry/broker';
import { createCodecs, Encoding } from '@outcry/protocol';

import { createAuthenticator } from '../identity/create-authenticator.ts';
import { type Identity, identityOf } from '../identity/identity.ts';
import { RevokedTokens } from '../identity/revoked-tokens.ts';
import { BookDirectory } from '../books/book-directory.ts';
import type { FeedReader } from '../books/feed-reader.ts';
import { type GatewayConfig, loadGatewayConfig } from '../config/config.ts';
import { Coalescer } from '../fanout/coalescer.ts';
import { createBrokerHandler } from '../cluster/broker-handler.ts';
import { Connections } from '../connections/connections.ts';
import { Doorkeeper } from '../reception/doorkeeper.ts';
import { Reception } from '../reception/reception.ts';
import { ConnectionLimits } from '../limits/connection-limits.ts';
import { Meters } from '../limits/meters.ts';
import { createRevocationHandler } from '../cluster/revocation-handler.ts';
import { createLogger } from '@outcry/service';
import { GatewayMetrics } from '../observability/metrics.ts';
import { createPresenceHandler } from '../cluster/presence-handler.ts';
import { RoomPresence } from '../presence/room-presence.ts';
import { RoomDirectory } from '../rooms/room-directory.ts';
import { Session } from '../session/session.ts';
import type { SessionServices } from '../session/session-services.ts';
import { type FakeSocket, FakeTransport } from './fake-transport.ts';

/** What differs from the default configuration. */
type Overrides = Partial<Omit<GatewayConfig, 'limits'>> & {
  readonly limits?: Partial<GatewayConfig['limits']>;
  /** Where books come from, in place of the memory broker. */
  readonly feed?: FeedReader;
};

export interface TestClient {
  readonly socket: FakeSocket;
  readonly session: Session;
  /** Gives the session a JSON frame. */
  readonly send: (frame: unknown) => void;
}

/** A gateway's parts over a memory broker and a fake transport: everything but the sockets is real. */
export interface TestGateway {
  readonly services: SessionServices;
  readonly transport: FakeTransport;
  readonly backplane: Backplane;
  /** Opens a session as the transport would. */
  connect(who: string | Identity, encoding?: Encoding): TestClient;
  stop(): Promise<void>;
}

/** Gateways that share a hub are nodes of one cluster. */
export async function createTestGateway(overrides: Overrides = {}, hub = new MemoryHub()): Promise<TestGateway> {
  const backplane = createMemoryBackplane(hub);
  const transport = new FakeTransport();
  const services = createServices(backplane, transport, overrides);
  const { rooms, books, connections, meters } = services;
  await backplane.start(createBrokerHandler(services, new Reception(services)));
  await backplane.presence.start(createPresenceHandler(services));
  await backplane.revocations.watch(createRevocationHandler(services));
  return {
    services,
    transport,
    backplane,
    connect: (who, encoding = Encoding.Json) => connect(services, transport.connect(encoding), who),
    async stop() {
      connections.stop();
      meters.stop();
      rooms.close();
      books.close();
      await backplane.close();
    },
  };
}

function createServices(
  { broker, feedBus, presence: store, limits: shared }: Backplane,
  publisher: FakeTransport,
  { limits, feed, ...overrides }: Overrides,
): SessionServices {
  const { config: defaults } = loadGatewayConfig({ OUTCRY_NODE_ID: 'test' });
  const config: GatewayConfig = { ...defaults, ...overrides, limits: { ...defaults.limits, ...limits } };
  const metrics = new GatewayMetrics();
  const codecs = createCodecs();
  const logger = createLogger({ level: 'silent', fields: {} });
  const fanout = { publisher, codecs, metrics };
  const coalescer = new Coalescer({ windowMs: 0, maxBytes: 1 });
  const rooms = new RoomDirectory({ broker, rules: config.roomRules, fanout, coalescer, logger });
  const presence = new RoomPresence({ store, rules: config.roomRules, metrics });
  const books = new BookDirectory({ feedBus: feed ?? feedBus, fanout, logger });
  const connections = new Connections({ ...config, ...config.limits, metrics });
  const revokedTokens = new RevokedTokens();
  const authenticator = createAuthenticator(config.auth, { revokedTokens, accountNames: new Set() });
  const maxima = config.limits.connections;
  const connectionLimits = new ConnectionLimits({ shared, node: 'test', maxima, logger });
  const doorkeeper = new Doorkeeper({ config, connections, connectionLimits, loopLag: { meanMs: 0 }, metrics });
  const meters = new Meters(config.limits);
  const doors = { authenticator, revokedTokens, connections, connectionLimits, meters, doorkeeper };
  return { config, broker, rooms, presence, books, codecs, metrics, logger, ...doors };
}

function connect(services: SessionServices, socket: FakeSocket, who: string | Identity): TestClient {
  const identity = typeof who === 'string' ? identityOf(who, { isGuest: who.startsWith('guest') }) : who;
  const session = new Session(
    {
      connection: randomUUID(),
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
