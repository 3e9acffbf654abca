import type { BrokerStatus } from '@outcry/broker';
import { CLOSE_CODES } from '@outcry/protocol';

import type { Identity } from '../auth/authenticator.ts';
import { FeedConnection } from '../session/feed-connection.ts';
import { Session } from '../session/session.ts';
import type { SessionServices } from '../session/session-services.ts';
import type { ClientSocket } from '../transport/client-socket.ts';
import {
  type ConnectionRequest,
  Endpoint,
  type Refusal,
  type SessionPort,
  type TransportHandler,
} from '../transport/transport.ts';

const RETRY_AFTER_SECONDS = 2;

/** A connection that is being closed as it opens. */
const TURNED_AWAY: SessionPort = {
  received: () => undefined,
  alive: () => undefined,
  drained: () => undefined,
  overflowed: () => undefined,
  closed: () => undefined,
};

/** Decides about every connection that comes: whether it may, who it is, and what it is for. */
export class Reception implements TransportHandler {
  readonly #services: SessionServices;
  #count = 0;
  #isDraining = false;
  #brokerStatus: BrokerStatus = 'down';

  constructor(services: SessionServices) {
    this.#services = services;
  }

  /** Why the node should get no traffic, or undefined where it should. */
  get notReady(): string | undefined {
    if (this.#isDraining) return 'draining';
    return this.#brokerStatus === 'up' ? undefined : 'broker unavailable';
  }

  showStatus(status: BrokerStatus): void {
    this.#brokerStatus = status;
  }

  drain(): void {
    this.#isDraining = true;
  }

  refusal(): Refusal | undefined {
    const reason = this.notReady;
    if (reason === undefined) return undefined;
    this.#services.metrics.refusals.inc();
    return { reason, retryAfterSeconds: RETRY_AFTER_SECONDS };
  }

  opened(socket: ClientSocket, request: ConnectionRequest): SessionPort {
    if (this.#services.connections.size >= this.#services.config.limits.maxConnections) {
      this.#services.metrics.closes.labels(String(CLOSE_CODES.atCapacity.code)).inc();
      socket.close(CLOSE_CODES.atCapacity);
      return TURNED_AWAY;
    }
    switch (request.endpoint) {
      case Endpoint.Session:
        return this.#openSession(socket, request);
      case Endpoint.OrderBookFeed:
        return this.#openFeed(socket, request);
    }
  }

  #openSession(socket: ClientSocket, { encoding, token }: ConnectionRequest): SessionPort {
    const identity = this.#identify(token);
    if (identity === undefined) {
      this.#services.metrics.closes.labels(String(CLOSE_CODES.unauthenticated.code)).inc();
      socket.close(CLOSE_CODES.unauthenticated);
      return TURNED_AWAY;
    }
    this.#count += 1;
    const connection = `${this.#services.config.nodeId}-${this.#count.toString(36)}`;
    const session = new Session(
      { connection, encoding, socket, identity, isGuest: token === undefined },
      this.#services,
    );
    this.#services.connections.add(session);
    session.start();
    return session;
  }

  #openFeed(socket: ClientSocket, { encoding, query }: ConnectionRequest): SessionPort {
    const feed = new FeedConnection({ socket, encoding }, this.#services);
    this.#services.connections.add(feed);
    void feed.start(query);
    return feed;
  }

  #identify(token: string | undefined): Identity | undefined {
    const { authenticator } = this.#services;
    return token === undefined ? authenticator.guest() : authenticator.authenticate(token);
  }
}
