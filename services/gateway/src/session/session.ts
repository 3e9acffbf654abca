import type { RoomMessage } from '@outcry/broker';
import {
  ALL_ROOM,
  type ClientFrame,
  CLOSE_CODES,
  type CloseCode,
  type Encoding,
  ERROR_CODES,
  inboxOf,
  messageFrameToJson,
  ProtocolError,
  RequestError,
  type RequestId,
  type ServerFrame,
} from '@outcry/protocol';

import type { Identity } from '../identity/identity.ts';
import { Backlog } from '../connections/backlog.ts';
import type { ConflatableStreams } from '../connections/conflatable-streams.ts';
import type { Connection } from '../connections/connections.ts';
import { type Deadline, expiryOf } from '../connections/deadline.ts';
import { describeExceeded } from '../limits/exceeded-limit.ts';
import type { RoomRight } from '../identity/rights/room-rights.ts';
import type { Seat } from '../limits/connection-limits.ts';
import type { ClientSocket } from '../transport/client-socket.ts';
import type { SessionPort } from '../transport/transport.ts';
import { handleAuth } from './handlers/auth.ts';
import { handleHistory } from './handlers/history.ts';
import { handleJoin } from './handlers/join.ts';
import { handleLeave } from './handlers/leave.ts';
import { handleMembers } from './handlers/members.ts';
import { handlePing } from './handlers/ping.ts';
import { handlePublish } from './handlers/publish.ts';
import { handleSignal } from './handlers/signal.ts';
import { handleSubscribe } from './handlers/subscribe.ts';
import { handleSymbols } from './handlers/symbols.ts';
import { handleUnsubscribe } from './handlers/unsubscribe.ts';
import { type MembershipOwner, Memberships } from '../memberships/memberships.ts';
import { forbidden, hasRight } from './room-rights.ts';
import type { SessionServices } from './session-services.ts';
import { toRequestError } from './to-request-error.ts';
import { Watches } from '../books/watches.ts';

export interface SessionOptions {
  readonly connection: string;
  readonly encoding: Encoding;
  readonly socket: ClientSocket;
  readonly identity: Identity;
}

/** The protocol state of one client: it decodes, decides and answers. It knows nothing of the transport beneath. */
export class Session implements SessionPort, Connection, ConflatableStreams, MembershipOwner {
  readonly connection: string;
  readonly encoding: Encoding;
  readonly socket: ClientSocket;
  readonly services: SessionServices;
  readonly memberships: Memberships;
  readonly backlog: Backlog;
  /** Present once a book was asked for. */
  #watches: Watches | undefined;
  #identity: Identity;
  #deadline: Deadline | undefined;
  #seat: Seat | undefined;
  #isClosed = false;
  lastHeardAt = performance.now();
  lastPingAt = performance.now();

  constructor(options: SessionOptions, services: SessionServices) {
    this.connection = options.connection;
    this.encoding = options.encoding;
    this.socket = options.socket;
    this.services = services;
    this.#identity = options.identity;
    this.#deadline = expiryOf(options.identity, clockToleranceOf(services));
    this.backlog = new Backlog(this.socket, services.config.limits);
    this.memberships = new Memberships(this, services);
  }

  get user(): string {
    return this.#identity.user;
  }

  get watches(): Watches {
    const { books, config } = this.services;
    return (this.#watches ??= new Watches(this, { books, maxWatches: config.limits.maxSubscriptions }));
  }

  get streams(): ConflatableStreams {
    return this;
  }

  get isBehind(): boolean {
    return this.memberships.isBehind || (this.#watches?.isBehind ?? false);
  }

  holdBack(): void {
    this.memberships.holdBack();
    this.#watches?.holdBack();
  }

  /** Rooms come first: they are quick to read, and a book can wait at no cost. */
  catchUpOne(): void {
    if (this.memberships.isBehind) this.memberships.catchUpOne();
    else this.#watches?.catchUpOne();
  }

  get isGuest(): boolean {
    return this.#identity.isGuest;
  }

  get identity(): Identity {
    return this.#identity;
  }

  get deadline(): Deadline | undefined {
    return this.#deadline;
  }

  /** Greets the client and joins it to the rooms that every session is in. */
  start(): void {
    const { config, metrics } = this.services;
    this.sendFrame({
      type: 'welcome',
      connection: this.connection,
      node: config.nodeId,
      user: this.user,
      at: Date.now(),
      heartbeatMs: config.heartbeatMs,
      resumeWindowMs: config.resumeWindowMs,
      maxFrameBytes: config.limits.maxFrameBytes,
      maxRooms: config.limits.maxRooms,
      maxSubscriptions: config.limits.maxSubscriptions,
      ...this.#expiry,
    });
    metrics.connections.labels(this.encoding).inc();
    this.#takeSeat();
    void this.#joinOwnRooms([ALL_ROOM, inboxOf(this.user)]);
  }

  /** Goes on under a newer token; another user is taken on by a guest only, and only before it has joined a room of its own. */
  async takeIdentity(identity: Identity): Promise<void> {
    const guestInbox = inboxOf(this.user);
    const isSameUser = identity.user === this.user;
    this.#identity = identity;
    this.#deadline = expiryOf(identity, clockToleranceOf(this.services));
    if (isSameUser) {
      this.#leaveForbiddenRooms();
      return;
    }
    this.#takeSeat();
    this.memberships.leave(guestInbox);
    await this.#joinOwnRooms([inboxOf(this.user)]);
  }

  received(bytes: Uint8Array, isBinary: boolean): void {
    if (this.#isClosed) return;
    const { metrics, config } = this.services;
    this.lastHeardAt = performance.now();
    metrics.countIn(this.encoding, bytes.length);
    if (isBinary !== (this.encoding === 'msgpack')) {
      this.close(CLOSE_CODES.unsupportedData);
    } else if (bytes.length > config.limits.maxFrameBytes) {
      this.close(CLOSE_CODES.tooBig);
    } else {
      this.#handle(bytes);
    }
  }

  alive(): void {
    this.lastHeardAt = performance.now();
  }

  drained(): void {
    this.services.connections.hasRead(this);
  }

  overflowed(): void {
    this.services.metrics.overflows.inc();
    this.close(CLOSE_CODES.slowConsumer);
  }

  closed(code: number): void {
    this.#isClosed = true;
    this.#seat?.leave();
    const { metrics, logger, connections } = this.services;
    connections.remove(this);
    this.memberships.close();
    this.#watches?.removeAll();
    metrics.connections.labels(this.encoding).dec();
    metrics.closes.labels(String(code)).inc();
    logger.debug({ connection: this.connection, closeCode: code }, 'session closed');
  }

  close(closeCode: CloseCode): void {
    this.socket.close(closeCode);
  }

  sendFrame(frame: ServerFrame): void {
    this.sendEncoded(this.services.codecs[this.encoding].encodeServer(frame));
  }

  /** A room's message as the broker gave it, in the session's own encoding. */
  sendMessage({ frame }: RoomMessage): void {
    this.sendEncoded(this.encoding === 'json' ? messageFrameToJson(frame) : frame);
  }

  sendEncoded(frame: Uint8Array | string): void {
    if (this.#isClosed) return;
    const outcome = this.socket.send(frame);
    this.services.metrics.countOut(this.encoding, frame.length, 1);
    if (outcome === 'dropped') this.overflowed();
  }

  hasRight(right: RoomRight, room: string): boolean {
    return hasRight(this.#identity, right, { room, config: this.services.config });
  }

  /** @throws RequestError where signals come too fast: they have a limit of their own, and no more than an error follows from it */
  checkSignalRate(): void {
    const verdict = this.services.meters.signals.take(this, performance.now());
    if (verdict !== 'pass') this.#refuseRate('signals');
  }

  /** @throws RequestError where joins come too fast, and who does not heed it is closed */
  checkJoinRate(): void {
    const verdict = this.services.meters.joins.take(this, performance.now());
    if (verdict === 'giveUp') this.close(CLOSE_CODES.rateLimited);
    if (verdict !== 'pass') this.#refuseRate('joins');
  }

  /** Acknowledges a request; without an `id` the client does not match it with anything, and gets it all the same. */
  acknowledge(
    id: RequestId | undefined,
    result: Omit<Extract<ServerFrame, { type: 'ack' }>, 'type' | 'id'> = {},
  ): void {
    this.sendFrame(id === undefined ? { type: 'ack', ...result } : { type: 'ack', id, ...result });
  }

  /** Answers an `auth` that was taken. */
  acknowledgeIdentity(id: RequestId | undefined): void {
    this.acknowledge(id, { user: this.user, ...this.#expiry });
  }

  #refuseRate(what: 'signals' | 'joins'): never {
    const { metrics, meters } = this.services;
    metrics.rateLimited.labels(what).inc();
    throw new RequestError('rateLimited', `${what} come faster than ${String(meters[what].perSecond)} a second`);
  }

  /** The newer token may give less than the one that the session joined with. */
  #leaveForbiddenRooms(): void {
    for (const room of this.memberships.leaveWhere(
      (name, uses) => !uses.every((right) => this.hasRight(right, name)),
    )) {
      const why = forbidden(`the session has left ${room}: its new token does not give the rights`);
      this.#refuse(why, { room });
    }
  }

  get #expiry(): { readonly expiresAt?: number } {
    const { expiresAt } = this.#identity;
    return expiresAt === undefined ? {} : { expiresAt };
  }

  /** Counts the connection as its user's, where users may have only so many. */
  #takeSeat(): void {
    this.#seat?.leave();
    this.#seat = this.services.connectionLimits.seatUser(this.user, (limit) => {
      const { error, closeCode } = describeExceeded(limit, 'user');
      this.services.metrics.errors.labels(error.code).inc();
      this.sendFrame(error);
      this.close(closeCode);
    });
  }

  #handle(bytes: Uint8Array): void {
    let frame: ClientFrame;
    try {
      frame = this.services.codecs[this.encoding].decodeClient(bytes);
    } catch (err) {
      this.fail(err);
      return;
    }
    try {
      this.#dispatch(frame)?.catch((err: unknown) => {
        this.fail(err, frame.id);
      });
    } catch (err) {
      this.fail(err, frame.id);
    }
  }

  #dispatch(frame: ClientFrame): Promise<void> | undefined {
    switch (frame.type) {
      case 'auth':
        return handleAuth(this, frame);
      case 'join':
        return handleJoin(this, frame);
      case 'leave':
        handleLeave(this, frame);
        return undefined;
      case 'publish':
        return handlePublish(this, frame);
      case 'signal':
        return handleSignal(this, frame);
      case 'members':
        return handleMembers(this, frame);
      case 'history':
        return handleHistory(this, frame);
      case 'subscribe':
        return handleSubscribe(this, frame);
      case 'unsubscribe':
        handleUnsubscribe(this, frame);
        return undefined;
      case 'symbols':
        return handleSymbols(this, frame);
      case 'ping':
        handlePing(this, frame);
        return undefined;
    }
  }

  /** One place decides what becomes of a request that did not succeed. */
  fail(err: unknown, id?: RequestId): void {
    const refusal = toRequestError(err);
    if (refusal !== undefined) {
      this.#refuse(refusal, { id });
    } else if (err instanceof ProtocolError) {
      this.services.logger.debug({ connection: this.connection, problem: err.message }, 'malformed frame');
      this.close(CLOSE_CODES.malformed);
    } else if (!this.#isClosed) {
      this.services.logger.error({ err, connection: this.connection }, 'request failed');
      this.close(CLOSE_CODES.internalError);
    }
  }

  #refuse(err: RequestError, { id = err.id, room }: { id?: RequestId | undefined; room?: string } = {}): void {
    const { code, isRetryable } = ERROR_CODES[err.code];
    this.services.metrics.errors.labels(code).inc();
    this.sendFrame({
      type: 'error',
      ...(id === undefined ? {} : { id }),
      code,
      message: err.message,
      retryable: isRetryable,
      ...(room === undefined ? {} : { room }),
    });
  }

  /** Without its inbox a session would lose direct messages in silence, so it does not go on without. */
  async #joinOwnRooms(rooms: readonly string[]): Promise<void> {
    try {
      const options = { id: undefined, since: undefined, history: 0, wantsEcho: true, wantsPresence: false };
      await Promise.all(rooms.map((room) => this.memberships.join(room, options)));
    } catch (err) {
      if (this.#isClosed) return;
      this.services.logger.warn({ err, connection: this.connection }, 'own rooms not joined');
      this.close(CLOSE_CODES.brokerUnavailable);
    }
  }
}

function clockToleranceOf({ config }: SessionServices): number {
  return config.auth.tokens?.policy.clockToleranceMs ?? 0;
}
