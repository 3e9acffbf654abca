import {
  type ClientFrame,
  type ClientFrameOf,
  CLOSE_CODES,
  type CloseCode,
  type Codec,
  ERROR_CODES,
  ProtocolError,
  RequestError,
  type RequestId,
  type ServerFrame,
} from '@outcry/protocol';

import type { Bearer } from '../api/bearer.ts';
import { TokenBucket } from '../limits/token-bucket.ts';
import type { ConsoleMetrics } from '../observability/console-metrics.ts';
import { admit, type AdmissionParts, userOf } from './admission.ts';
import type { LiveLimits } from './limits.ts';
import type { LiveSocket } from './live-socket.ts';
import { ViewedRooms, type ViewedRoomsParts } from './viewed-rooms.ts';

/** How long behind the end of a token: whoever refreshes it may be late by as much as clocks differ. */
const EXPIRY_GRACE_MS = 2000;

export interface LiveSessionParts extends AdmissionParts, ViewedRoomsParts {
  readonly node: string;
  readonly codec: Codec;
  readonly limits: LiveLimits;
  readonly metrics: ConsoleMetrics;
}

export interface LiveSessionOptions {
  readonly socket: LiveSocket;
  /** Names this connection. */
  readonly connection: string;
}

/**
 * Somebody who looks: the protocol of docs/PROTOCOL.md, as far as rooms that are only looked at need it. It knows nothing of the
 * WebSocket beneath.
 */
export class LiveSession {
  readonly #socket: LiveSocket;
  readonly #connection: string;
  readonly #parts: LiveSessionParts;
  readonly #rooms: ViewedRooms;
  readonly #frames: TokenBucket;
  readonly #joins: TokenBucket;
  readonly #openedAt = performance.now();
  #heardAt = this.#openedAt;
  #pingedAt = this.#openedAt;
  #bearer: Bearer | undefined;
  /** A key is being judged. */
  #isDeciding = false;
  /** What has come meanwhile, in order. */
  readonly #held: Uint8Array[] = [];
  #isClosed = false;

  constructor({ socket, connection }: LiveSessionOptions, parts: LiveSessionParts) {
    this.#socket = socket;
    this.#connection = connection;
    this.#parts = parts;
    this.#frames = new TokenBucket(parts.limits.frames, this.#openedAt);
    this.#joins = new TokenBucket(parts.limits.joins, this.#openedAt);
    const sendFrame = this.#send.bind(this);
    const giveUp = (): void => {
      this.close(CLOSE_CODES.slowConsumer);
    };
    this.#rooms = new ViewedRooms({ socket, sendFrame, giveUp }, parts);
  }

  /** It has not been said yet who this is, and still may be. */
  get isWaiting(): boolean {
    return this.#bearer === undefined && !this.#isClosed;
  }

  /** The socket was told to close, and nothing else is sent or taken. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** @param token of the handshake; without one, the first frame brings it */
  start(token: string | undefined): void {
    if (token !== undefined) void this.#admit(token);
  }

  received(bytes: Uint8Array, isBinary: boolean): void {
    if (this.#isClosed) return;
    const { maxFrameBytes, maxHeldFrames } = this.#parts.limits;
    this.#heardAt = performance.now();
    if (!this.#mayGoOn(() => this.#parts.codec.readId(bytes))) return;
    if (isBinary) this.close(CLOSE_CODES.unsupportedData);
    else if (bytes.length > maxFrameBytes) this.close(CLOSE_CODES.tooBig);
    else if (!this.#isDeciding) this.#handle(bytes);
    else if (this.#held.length < maxHeldFrames) this.#held.push(bytes);
    else this.close(CLOSE_CODES.rateLimited);
  }

  /** A ping or pong frame came. Whether it came no faster than it may. */
  alive(): boolean {
    if (this.#isClosed) return false;
    this.#heardAt = performance.now();
    return this.#mayGoOn(() => undefined);
  }

  /** Called about once a second. */
  look(): void {
    if (this.#isClosed) return;
    const now = performance.now();
    const closeCode = this.#dueClose(now);
    if (closeCode !== undefined) {
      this.close(closeCode);
      return;
    }
    this.#rooms.look();
    if (now - this.#pingedAt < this.#parts.limits.heartbeatMs) return;
    this.#pingedAt = now;
    this.#socket.ping();
  }

  /** The gateway stops: come back, to whichever. */
  sendAway(): void {
    const { heartbeatMs } = this.#parts.limits;
    this.#send({ type: 'draining', reconnectInMs: Math.round((Math.random() * heartbeatMs) / 10) });
    this.close(CLOSE_CODES.restart);
  }

  close(closeCode: CloseCode): void {
    if (this.#isClosed) return;
    this.closed();
    this.#socket.close(closeCode);
  }

  /** The socket is gone, or about to be. */
  closed(): void {
    this.#isClosed = true;
    this.#held.length = 0;
    this.#rooms.end();
  }

  #dueClose(now: number): CloseCode | undefined {
    const { authDeadlineMs, idleTimeoutMs } = this.#parts.limits;
    if (this.isWaiting && now - this.#openedAt >= authDeadlineMs) return CLOSE_CODES.authTimeout;
    const { expiresAt = Infinity } = this.#bearer ?? {};
    if (Date.now() >= expiresAt + EXPIRY_GRACE_MS) return CLOSE_CODES.tokenExpired;
    const isSilent = now - Math.max(this.#heardAt, this.#rooms.readAt) >= idleTimeoutMs;
    return isSilent ? CLOSE_CODES.heartbeatTimeout : undefined;
  }

  #mayGoOn(readId: () => RequestId | undefined): boolean {
    const verdict = this.#frames.take(performance.now());
    if (verdict === 'giveUp') this.close(CLOSE_CODES.rateLimited);
    if (verdict === 'refuse') this.#refuse(new RequestError('rateLimited', 'frames come too fast', { id: readId() }));
    return verdict === 'pass';
  }

  #handle(bytes: Uint8Array): void {
    let frame: ClientFrame;
    try {
      frame = this.#parts.codec.decodeClient(bytes);
    } catch (err) {
      if (err instanceof ProtocolError) this.close(CLOSE_CODES.malformed);
      else if (!(err instanceof RequestError)) throw err;
      else if (this.isWaiting) this.close(CLOSE_CODES.unauthenticated);
      else this.#refuse(err);
      return;
    }
    if (frame.type === 'auth') void (this.isWaiting ? this.#admit(frame.token, frame) : this.#refresh(frame));
    else if (this.isWaiting) this.close(CLOSE_CODES.unauthenticated);
    else this.#answerSafely(frame);
  }

  #answerSafely(frame: ClientFrame): void {
    try {
      this.#answer(frame);
    } catch (err) {
      if (!(err instanceof RequestError)) throw err;
      this.#refuse(err, frame.id);
    }
  }

  /** @throws RequestError */
  #answer(frame: ClientFrame): void {
    switch (frame.type) {
      case 'ping':
        this.#send({ type: 'pong', ...idOf(frame), at: Date.now() });
        return;
      case 'join':
        this.#checkJoinRate();
        this.#rooms.join(frame);
        return;
      case 'leave':
        this.#rooms.leave(frame.room);
        this.#send({ type: 'ack', ...idOf(frame) });
        return;
      default:
        throw new RequestError('forbidden', 'rooms of the console are joined and left, and nothing else');
    }
  }

  /** @throws RequestError */
  #checkJoinRate(): void {
    const verdict = this.#joins.take(performance.now());
    if (verdict === 'giveUp') this.close(CLOSE_CODES.rateLimited);
    if (verdict !== 'pass') throw new RequestError('rateLimited', 'joins come too fast');
  }

  async #admit(token: string, request?: ClientFrameOf<'auth'>): Promise<void> {
    await this.#hold(async () => {
      const admission = await admit(token, this.#parts);
      if (this.#isClosed) return;
      if (admission.bearer === undefined) {
        this.close(admission.closeCode);
        return;
      }
      this.#bearer = admission.bearer;
      this.#welcome(admission.bearer);
      if (request !== undefined) this.#acknowledge(request, admission.bearer);
    });
  }

  /** The same key anew, or a newer token of the same person: a refusal leaves what there was. */
  async #refresh(request: ClientFrameOf<'auth'>): Promise<void> {
    await this.#hold(async () => {
      const { bearer, error } = await admit(request.token, this.#parts);
      if (this.#isClosed) return;
      if (bearer === undefined) {
        const code = error.code === 'rateLimited' || error.code === 'unavailable' ? error.code : 'unauthenticated';
        this.#refuse(new RequestError(code, error.message), request.id);
      } else if (!isSame(bearer, this.#bearer)) {
        this.#refuse(new RequestError('forbidden', 'a connection stays with whom it began'), request.id);
      } else {
        this.#bearer = bearer;
        this.#acknowledge(request, bearer);
      }
    });
  }

  /** What comes meanwhile waits for what is known then. */
  async #hold(decide: () => Promise<void>): Promise<void> {
    this.#isDeciding = true;
    await decide();
    this.#isDeciding = false;
    this.#handleHeld();
  }

  #handleHeld(): void {
    for (let next = this.#held.shift(); next !== undefined; next = this.#held.shift()) {
      this.#handle(next);
      if (this.#isDeciding) return;
    }
  }

  #welcome(bearer: Bearer): void {
    const { node, limits } = this.#parts;
    this.#send({
      ...{ type: 'welcome', connection: this.#connection, node, user: userOf(bearer), at: Date.now() },
      ...{ heartbeatMs: limits.heartbeatMs, resumeWindowMs: 0, maxFrameBytes: limits.maxFrameBytes },
      ...{ maxRooms: limits.maxRooms, maxSubscriptions: 0, ...expiryOf(bearer) },
      ...{ maxFramesPerSecond: limits.frames.perSecond, maxFrameBurst: limits.frames.burst },
      ...{ maxJoinsPerSecond: limits.joins.perSecond, maxJoinBurst: limits.joins.burst },
    });
  }

  #acknowledge(request: ClientFrameOf<'auth'>, bearer: Bearer): void {
    this.#send({ type: 'ack', ...idOf(request), user: userOf(bearer), ...expiryOf(bearer) });
  }

  #refuse({ code: name, message, id: own }: RequestError, given?: RequestId): void {
    const { code, isRetryable: retryable } = ERROR_CODES[name];
    this.#parts.metrics.errors.labels(code).inc();
    this.#send({ type: 'error', ...idOf({ id: own ?? given }), code, message, retryable });
  }

  #send(frame: ServerFrame): void {
    if (this.#isClosed) return;
    this.#socket.send(this.#parts.codec.encodeServer(frame));
    // Answers are bounded by nothing but this where somebody asks and does not read.
    const { hardBufferBytes } = this.#parts.limits.backlog;
    if (this.#socket.bufferedBytes() > hardBufferBytes) this.close(CLOSE_CODES.slowConsumer);
  }
}

function idOf({ id }: { readonly id?: RequestId | undefined }): { readonly id?: RequestId } {
  return id === undefined ? {} : { id };
}

function expiryOf({ expiresAt }: Bearer): { readonly expiresAt?: number } {
  return expiresAt === undefined ? {} : { expiresAt: Math.floor(expiresAt) };
}

/** Somebody who signs in is who the provider says for good: what people call them may change, and be somebody else's. */
function isSame(bearer: Bearer, known: Bearer | undefined): boolean {
  if (known === undefined || bearer.subject !== known.subject) return false;
  return bearer.subject !== undefined || bearer.name === known.name;
}
