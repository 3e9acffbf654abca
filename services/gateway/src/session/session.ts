import type { RoomMessage } from '@outcry/broker';
import {
  ALL_ROOM,
  appendInfo,
  type ClientFrame,
  type ClientFrameOf,
  type ClientFrameType,
  CLOSE_CODES,
  type CloseCode,
  type Encoding,
  inboxOf,
  messageFrameToJson,
  ProtocolError,
  type RequestError,
  type RequestId,
  type ServerFrame,
  type WireFrame,
} from '@outcry/protocol';
import { TraceSource } from '@outcry/tracing';

import type { Watches } from '../books/watches.ts';
import { Backlog } from '../connections/backlog.ts';
import type { ConflatableStreams } from '../connections/conflatable-streams.ts';
import type { ConnectionDetails } from '../connections/connection-details.ts';
import type { Connection } from '../connections/connection.ts';
import type { Deadline } from '../connections/deadline.ts';
import { sendEncoded } from '../connections/send-frame.ts';
import type { ServedSession } from '../connections/served-session.ts';
import { UserSeat } from '../connections/user-seat.ts';
import type { ToldConnection } from '../events/told-connections.ts';
import type { Identity } from '../identity/identity.ts';
import type { RoomGrants } from '../identity/rights/room-grants.ts';
import type { Memberships } from '../memberships/memberships.ts';
import type { ClientSocket } from '../transport/client-socket.ts';
import { Endpoint, type SessionPort } from '../transport/transport.ts';
import { expiryFieldOf, isMetered, refusalFrame } from './answers.ts';
import type { HandleRequest, RequestClient } from './requests.ts';
import { forbidden, hasRight } from './room-rights.ts';
import { ServedByServer } from './served-by-server.ts';
import { SessionIdentity } from './session-identity.ts';
import type { SessionServices } from './session-services.ts';
import { SessionStreams, type StreamOwner } from './session-streams.ts';
import { toRequestError } from './to-request-error.ts';
import { traceOf, type TracedPublish } from './traced-publish.ts';

/** What a session works with, and what carries out its requests. */
export interface SessionParts extends SessionServices {
  /** Decided where the gateway is put together: with hooks requests may wait for the operator's server, without nothing asks. */
  readonly handleRequest: HandleRequest;
}

export interface SessionOptions {
  readonly connection: string;
  /** Where it comes from. */
  readonly address: string;
  readonly encoding: Encoding;
  /** Left out where it cannot. */
  readonly canMove?: boolean;
  readonly socket: ClientSocket;
  readonly identity: Identity;
}

/** The protocol state of one client: it decodes, decides and answers. It knows nothing of the transport beneath. */
export class Session implements SessionPort, Connection, RequestClient, StreamOwner {
  readonly connection: string;
  readonly address: string;
  readonly encoding: Encoding;
  readonly canMove: boolean;
  readonly socket: ClientSocket;
  readonly backlog: Backlog;
  readonly #services: SessionParts;
  readonly #identity: SessionIdentity;
  readonly #seat: UserSeat;
  readonly #told: ToldConnection | undefined;
  readonly #streams: SessionStreams;
  readonly #openedAt = Date.now();
  #isClosed = false;
  lastHeardAt = performance.now();
  lastPingAt = performance.now();

  constructor(options: SessionOptions, services: SessionParts) {
    this.connection = options.connection;
    this.address = options.address;
    this.encoding = options.encoding;
    this.canMove = options.canMove ?? false;
    this.socket = options.socket;
    this.backlog = new Backlog(options.socket, services.backlogLimits);
    this.#services = services;
    this.#identity = new SessionIdentity(options.identity, services.clockToleranceMs);
    this.#seat = new UserSeat(this, services);
    this.#told = services.toldConnections?.of(options.connection);
    this.#streams = new SessionStreams(this, services);
  }

  get identity(): Identity {
    return this.#identity.current;
  }

  get user(): string {
    return this.#identity.current.user;
  }

  get info(): Uint8Array | undefined {
    return this.#identity.current.info;
  }

  get deadline(): Deadline | undefined {
    return this.#identity.deadline;
  }

  get streams(): ConflatableStreams {
    return this.#streams;
  }

  get details(): ConnectionDetails {
    const { connection: name, address, encoding } = this;
    return { name, address, encoding, endpoint: Endpoint.Session, openedAt: this.#openedAt, ...this.#streams.read };
  }

  get memberships(): Memberships {
    return this.#streams.memberships;
  }

  get watches(): Watches {
    return this.#streams.watches;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Greets the client and joins it to the rooms that every session is in, and to those that the operator's server names. */
  start(rooms: readonly string[] = []): void {
    const { facts, limits, meters, metrics } = this.#services;
    this.sendFrame({
      type: 'welcome',
      connection: this.connection,
      node: facts.nodeId,
      user: this.user,
      at: Date.now(),
      heartbeatMs: facts.heartbeatMs,
      resumeWindowMs: facts.resumeWindowMs,
      ...limits,
      ...meters.told,
      ...expiryFieldOf(this.identity),
    });
    metrics.connections.labels(this.encoding).inc();
    this.#seat.take(this.user);
    this.#told?.show(this.identity);
    this.putInto([ALL_ROOM, inboxOf(this.user), ...rooms]);
  }

  /** Goes on under a newer token; another user is taken on by a guest only, and only before it has joined a room of its own. */
  async takeIdentity(identity: Identity): Promise<void> {
    const guestInbox = inboxOf(this.user);
    const isSameUser = identity.user === this.user;
    this.#identity.replace(identity, this.#services.clockToleranceMs);
    if (isSameUser) {
      if (this.info !== undefined) this.memberships.describe(this.info);
      this.#leaveForbiddenRooms('its new token does not give the rights');
      return;
    }
    this.#seat.take(this.user);
    this.#told?.show(this.identity);
    this.memberships.leave(guestInbox);
    await this.#join([inboxOf(this.user)]);
  }

  get served(): ServedSession {
    return new ServedByServer(this, { ...this.#services, given: this.#identity });
  }

  /** Goes on with other rights than its token's, until there is a newer one. */
  takeRights(grants: RoomGrants): void {
    this.#identity.replaceGrants(grants);
    this.#leaveForbiddenRooms('the server has taken the rights');
  }

  /** Joins it to rooms that it has not asked for. */
  putInto(rooms: readonly string[]): void {
    void this.#join(rooms);
  }

  received(bytes: Uint8Array, isBinary: boolean): void {
    if (this.#isClosed) return;
    const { metrics, limits } = this.#services;
    this.lastHeardAt = performance.now();
    metrics.countIn(this.encoding, bytes.length);
    if (isBinary !== (this.encoding === 'msgpack')) {
      this.close(CLOSE_CODES.unsupportedData);
    } else if (bytes.length > limits.maxFrameBytes) {
      this.close(CLOSE_CODES.tooBig);
    } else {
      this.#handle(bytes);
    }
  }

  alive(): void {
    this.lastHeardAt = performance.now();
  }

  drained(): void {
    this.#services.connections.hasRead(this);
  }

  overflowed(): void {
    this.#services.metrics.overflows.inc();
    this.close(CLOSE_CODES.slowConsumer);
  }

  closed(code: number): void {
    this.#isClosed = true;
    this.#seat.leave();
    this.#told?.close();
    const { metrics, logger, connections } = this.#services;
    connections.end(this, code);
    this.#streams.close();
    metrics.connections.labels(this.encoding).dec();
    metrics.countClose(code);
    logger.debug({ connection: this.connection, closeCode: code }, 'session closed');
  }

  close(closeCode: CloseCode): void {
    this.socket.close(closeCode);
  }

  sendFrame(frame: ServerFrame): void {
    const encoded = this.#services.codecs[this.encoding].encodeServer(frame);
    if (isMetered(frame)) this.#services.meters.answers.spend(this, performance.now(), encoded.length);
    this.#send(encoded);
  }

  /** A room's message as the broker gave it, in the session's own encoding. */
  sendMessage({ frame, info }: RoomMessage, withInfo: boolean): void {
    const wanted = withInfo && info !== undefined ? appendInfo(frame, info) : frame;
    this.#send(this.encoding === 'json' ? messageFrameToJson(wanted) : wanted);
  }

  /** One place decides what becomes of a request that did not succeed. */
  fail(err: unknown, id?: RequestId): void {
    const refusal = toRequestError(err);
    if (refusal !== undefined) {
      this.#refuse(refusal, { id });
    } else if (err instanceof ProtocolError) {
      this.#services.logger.debug({ connection: this.connection, problem: err.message }, 'malformed frame');
      this.close(CLOSE_CODES.malformed);
    } else if (!this.#isClosed) {
      this.#services.logger.error({ err, connection: this.connection }, 'request failed');
      this.close(CLOSE_CODES.internalError);
    }
  }

  #handle(bytes: Uint8Array): void {
    const type = this.#takeUp(bytes);
    const { sampler } = this.#services.metrics;
    if (!sampler.isOn) return;
    sampler.countRequest(this, { type, bytes: bytes.length, ms: performance.now() - this.lastHeardAt });
  }

  /** Returns what it was; undefined where it makes no sense. */
  #takeUp(bytes: Uint8Array): ClientFrameType | undefined {
    if (this.#services.admission.isFull && this.#shed(bytes)) return 'publish';
    let frame: ClientFrame;
    try {
      frame = this.#services.codecs[this.encoding].decodeClient(bytes);
      // The only thing that a message pays of which nothing is told.
      if (frame.type === 'publish' && frame.traceparent !== this.#services.tracedRooms.untraced) {
        frame = this.#follow(frame);
      }
    } catch (err) {
      this.fail(err);
      return undefined;
    }
    try {
      this.#services.handleRequest(this, frame, this.#services)?.catch((err: unknown) => {
        this.#failRequest(err, frame);
      });
    } catch (err) {
      this.#failRequest(err, frame);
    }
    return frame.type;
  }

  #follow(frame: ClientFrameOf<'publish'>): TracedPublish {
    const { room, traceparent } = frame;
    const { tracing, tracedRooms } = this.#services;
    const message = { room, startedAt: this.lastHeardAt, decodedAt: performance.now() };
    const followed =
      traceparent === undefined
        ? undefined
        : tracing?.publish({ ...message, traceparent, source: TraceSource.Client, sender: this });
    const trace = followed ?? tracedRooms.begin(message);
    return trace === undefined ? frame : { ...frame, trace };
  }

  #failRequest(err: unknown, frame: ClientFrame): void {
    traceOf(frame)?.fail(err);
    this.fail(err, frame.id);
  }

  /**
   * Refuses a publish that could not be answered in time, whatever it says: to decode it, and to look at rights, costs nearly as much
   * as to publish it. False where it is another request.
   */
  #shed(bytes: Uint8Array): boolean {
    const { codecs, publishRefusals, meters, metrics } = this.#services;
    const publish = codecs[this.encoding].peekPublish(bytes);
    if (publish === undefined) return false;
    const refusal = publishRefusals.encode(this.encoding, publish.id);
    metrics.publishesShed.inc();
    metrics.countError('unavailable');
    meters.answers.spend(this, this.lastHeardAt, refusal.length);
    this.#send(refusal);
    return true;
  }

  #send(frame: WireFrame): void {
    if (this.#isClosed) return;
    const { sampler } = this.#services.metrics;
    if (sampler.isOn) sampler.countSent(this, frame.length);
    if (sendEncoded(this, frame, this.#services) === 'dropped') this.overflowed();
  }

  #refuse(err: RequestError, about: Parameters<typeof refusalFrame>[1]): void {
    const frame = refusalFrame(err, about);
    this.#services.metrics.countError(err.code);
    this.sendFrame(frame);
  }

  /** There may be less than the session joined with. */
  #leaveForbiddenRooms(reason: string): void {
    const { rules } = this.#services;
    const over = this.memberships.leaveWhere(
      (room, uses) => !uses.every((right) => hasRight(this.identity, right, { room, rules })),
    );
    for (const room of over) {
      const why = forbidden(`the session has left ${room}: ${reason}`);
      this.#refuse(why, { room });
    }
  }

  /** Without its inbox a session would lose direct messages in silence, and without others what its server means it to get, so it does not go on without. */
  async #join(rooms: readonly string[]): Promise<void> {
    try {
      const options = { id: undefined, since: undefined, history: 0, wantsEcho: true, wantsPresence: false };
      await Promise.all(rooms.map((room) => this.memberships.join(room, options)));
    } catch (err) {
      if (this.#isClosed) return;
      this.#services.logger.warn({ err, connection: this.connection }, 'rooms not joined');
      this.close(CLOSE_CODES.brokerUnavailable);
    }
  }
}
