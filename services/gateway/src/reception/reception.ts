import { randomBytes } from 'node:crypto';

import { CLOSE_CODES, type CloseCode } from '@outcry/protocol';

import { sendFrame } from '../connections/send-frame.ts';
import type { Identity } from '../identity/identity.ts';
import { FeedConnection } from '../feed/feed-connection.ts';
import type { ConnectHook } from '../hooks/connect-hook.ts';
import { closeCodeFor } from '../identity/refusal-close-code.ts';
import { Session, type SessionOptions } from '../session/session.ts';
import { type Arriving, AskedConnection } from './asked-connection.ts';
import type { ReceptionServices } from './reception-services.ts';
import { WaitingConnection, type WaitingConnectionOptions } from './waiting-connection.ts';
import type { ClientSocket } from '../transport/client-socket.ts';
import {
  type ConnectionRequest,
  Endpoint,
  type Refusal,
  type SessionPort,
  type TransportHandler,
  type Visitor,
} from '../transport/transport.ts';
import { CountedPort } from './counted-port.ts';
import { expiryOf } from '../connections/deadline.ts';
import { describeExceeded } from '../limits/exceeded-limit.ts';
import { PacedPort } from './paced-port.ts';

interface SessionComer {
  readonly socket: ClientSocket;
  readonly identity: Identity;
  readonly onBegun: ((session: Session) => void) | undefined;
}

interface FeedComer {
  readonly socket: ClientSocket;
  readonly identity: Identity;
  readonly name: string;
}

/** One in sixteen million of two runs has the same by chance. */
const RUN_BYTES = 3;

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
  readonly #services: ReceptionServices;
  /** Begins what a client has come for: at once, or once the operator's server has allowed it. */
  readonly #admit: (arriving: Arriving) => SessionPort;
  /** Names of connections begin with it. No other run of a gateway has it, which may be called the same, or have been called so before. */
  readonly #run = randomBytes(RUN_BYTES).toString('hex');
  #count = 0;
  /** Connections that have not said yet who they are. */
  #waiting = 0;

  constructor(services: ReceptionServices) {
    this.#services = services;
    const connect = services.hooks?.connect;
    this.#admit =
      connect === undefined
        ? ({ identity, begin }) => begin({ identity, rooms: [] })
        : (arriving) => this.#ask(arriving, connect);
  }

  refusal(visitor: Visitor): Refusal | undefined {
    const { doorkeeper, readiness } = this.#services;
    return doorkeeper.refusal(visitor, readiness.shutFor);
  }

  /** Every connection has a seat of its address, those that are turned away included: they come often, too. */
  opened(socket: ClientSocket, request: ConnectionRequest): SessionPort {
    const { encoding } = request;
    const { connectionLimits, metrics } = this.#services;
    const seat = connectionLimits.seatAddress(request.address, (limit) => {
      const { error, closeCode } = describeExceeded(limit, 'address');
      metrics.countError(error.code);
      sendFrame({ socket, encoding }, error, this.#services);
      socket.close(closeCode);
    });
    const port = new PacedPort({ port: this.#open(socket, request), socket, encoding }, this.#services);
    return new CountedPort(port, seat);
  }

  #open(socket: ClientSocket, request: ConnectionRequest): SessionPort {
    switch (request.endpoint) {
      case Endpoint.Session:
        return this.#openSession(socket, request);
      case Endpoint.OrderBookFeed:
        return this.#openFeed(socket, request);
    }
  }

  #openSession(socket: ClientSocket, request: ConnectionRequest): SessionPort {
    const { encoding, token } = request;
    const begin = (identity: Identity, onBegun?: (session: Session) => void): SessionPort =>
      this.#admitSession({ socket, identity, onBegun }, request);
    if (token !== undefined) {
      const identity = this.#authenticate(socket, token.text);
      return identity === undefined ? TURNED_AWAY : begin(identity);
    }
    const guest = this.#services.authenticator.guest();
    return guest === undefined ? this.#letWait({ socket, encoding, begin }) : begin(guest);
  }

  #admitSession(
    { socket, identity, onBegun }: SessionComer,
    { encoding, address, endpoint, canMove }: ConnectionRequest,
  ): SessionPort {
    const connection = this.#nextName();
    return this.#admit({
      ...{ socket, encoding, address, endpoint, connection, identity },
      begin: (admitted) => {
        const options = { connection, socket, encoding, address, canMove, identity: admitted.identity };
        const session = this.#beginSession(options, admitted.rooms);
        onBegun?.(session);
        return session;
      },
    });
  }

  #beginSession(options: SessionOptions, rooms: readonly string[]): Session {
    const session = new Session(options, this.#services);
    this.#services.connections.add(session);
    session.start(rooms);
    return session;
  }

  #ask(arriving: Arriving, connect: ConnectHook): SessionPort {
    const asked = new AskedConnection(arriving, this.#services);
    this.#services.connections.add(asked);
    void asked.ask(connect);
    return asked;
  }

  /** Of a connection, in the cluster. What stands before the last dash is the gateway's: services/events tells it by that. */
  #nextName(): string {
    this.#count += 1;
    return `${this.#services.facts.nodeId}-${this.#run}${this.#count.toString(36)}`;
  }

  /** For its first frame, which says who it is. How many wait and for how long is bounded: they cost memory, and prove nothing. */
  #letWait(options: Omit<WaitingConnectionOptions, 'onSettled'>): SessionPort {
    if (this.#waiting >= this.#services.reception.maxWaiting) {
      return this.#turnAway(options.socket, CLOSE_CODES.atCapacity);
    }
    this.#waiting += 1;
    const onSettled = (): void => {
      this.#waiting -= 1;
    };
    const waiting = new WaitingConnection({ ...options, onSettled }, this.#services);
    this.#services.connections.add(waiting);
    return waiting;
  }

  /** A feed takes no requests, so whoever watches it says who it is in the handshake. */
  #openFeed(socket: ClientSocket, request: ConnectionRequest): SessionPort {
    const { encoding, token, address, endpoint } = request;
    const { authenticator } = this.#services;
    const identity = token === undefined ? authenticator.guest() : this.#authenticate(socket, token.text);
    if (identity === undefined) {
      return token === undefined ? this.#turnAway(socket, CLOSE_CODES.unauthenticated) : TURNED_AWAY;
    }
    const connection = this.#nextName();
    return this.#admit({
      ...{ socket, encoding, address, endpoint, identity, connection },
      begin: (admitted) => this.#beginFeed({ socket, identity: admitted.identity, name: connection }, request),
    });
  }

  #beginFeed({ socket, identity, name }: FeedComer, { encoding, address, query }: ConnectionRequest): SessionPort {
    const { clockToleranceMs, connections } = this.#services;
    const deadline = expiryOf(identity, clockToleranceMs);
    const feed = new FeedConnection({ name, address, socket, encoding, identity, deadline }, this.#services);
    connections.add(feed);
    void feed.start(query);
    return feed;
  }

  /** Who brings this token; undefined where it is refused, and the connection is closed with the reason. */
  #authenticate(socket: ClientSocket, token: string): Identity | undefined {
    const { authenticator, metrics } = this.#services;
    const { identity, refusal } = authenticator.authenticate(token);
    if (identity !== undefined) return identity;
    metrics.tokenRefusals.labels(refusal).inc();
    this.#turnAway(socket, closeCodeFor(refusal));
    return undefined;
  }

  #turnAway(socket: ClientSocket, closeCode: CloseCode): SessionPort {
    this.#services.metrics.countClose(closeCode.code);
    socket.close(closeCode);
    return TURNED_AWAY;
  }
}
