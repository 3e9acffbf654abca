import { type ClientFrame, ERROR_CODES, type ReceivedFrame, type SendableFrame } from '@outcry/protocol';

import { OutcryError } from '../primitives/errors.ts';
import type { BookFrame, BookState } from './book-state.ts';
import type { Effect, Emit } from './effects.ts';
import { Link, type LinkOptions, type Nudge } from './link.ts';
import type { SocketLoss } from './loss.ts';
import { Pacer } from './pacer.ts';
import type { EncodedRequest, Request } from './request.ts';
import { RequestQueue, tooBig } from './request-queue.ts';
import type { RoomFrame, RoomState } from './room-state.ts';

export interface MachineOptions extends LinkOptions {
  readonly maxRequests: number;
  readonly maxFramesPerSecond: number | undefined;
}

/** What a gateway takes before a `welcome` has said otherwise. */
const DEFAULT_MAX_FRAME_BYTES = 16_384;
/** Of a request of the machine's own: most have less. */
const REQUEST_BYTES = 256;
/** What a client that lags is not sent, so that it no longer lags where one of these comes. */
const HELD_BACK: ReadonlySet<ReceivedFrame['type']> = new Set([
  'message',
  'signal',
  'reset',
  'snapshot',
  'delta',
  'heartbeat',
]);

/**
 * Everything that a client decides, without a socket, a timer or a clock: it is told what happened and when, and collects what
 * is to be done about it. One alarm is all the timing it needs: `nextAlarmAt` after each step.
 */
export class Machine {
  readonly #link: Link;
  readonly #queue: RequestQueue;
  readonly #pacer: Pacer;
  readonly #rooms = new Set<RoomState>();
  readonly #books = new Set<BookState>();
  readonly #farewells: ClientFrame<unknown>[] = [];
  #effects: Effect[] = [];
  #lastId = 0;
  /** When more may go out, where something waits for that. */
  #heldUntil = Infinity;

  constructor(options: MachineOptions) {
    this.#link = new Link(this.emit, { ...options, nextId: () => this.nextId() });
    this.#queue = new RequestQueue(this.emit, options.maxRequests);
    this.#pacer = new Pacer(options.maxFramesPerSecond);
  }

  readonly emit: Emit = (effect) => {
    this.#effects.push(effect);
  };

  get link(): Link {
    return this.#link;
  }

  /** When `handleAlarm` wants to be called; `Infinity` for never. */
  get nextAlarmAt(): number {
    let at = Math.min(this.#link.nextAlarmAt, this.#queue.nextAlarmAt);
    if (!this.#link.isLive()) return at;
    for (const part of [...this.#rooms, ...this.#books]) at = Math.min(at, part.nextAlarmAt);
    return Math.min(at, this.#heldUntil);
  }

  /** Requests that have no answer yet. */
  get pendingRequests(): number {
    return this.#queue.size;
  }

  /** What is to be done, in order. Each is given out once. */
  takeEffects(): readonly Effect[] {
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  start(now: number): void {
    this.#link.start(now);
  }

  /** `joined` where the gateway has joined it without having been asked. */
  openRoom(room: RoomState, now: number, joined?: Extract<ReceivedFrame, { type: 'joined' }>): void {
    this.#rooms.add(room);
    if (this.#link.isLive()) {
      room.handleWelcome(this.#link.user);
      if (joined !== undefined) room.adopt(joined);
    }
    this.#pump(now);
  }

  closeRoom(room: RoomState, now: number): void {
    if (!this.#rooms.delete(room)) return;
    const farewell = room.leave();
    if (farewell !== undefined) this.#farewells.push(farewell);
    this.#queue.rejectOf(room, new OutcryError('left', 'the room was left'));
    this.#pump(now);
  }

  openBook(book: BookState, now: number): void {
    this.#books.add(book);
    this.#pump(now);
  }

  closeBook(book: BookState, now: number): void {
    if (!this.#books.delete(book)) return;
    const farewell = book.close();
    if (farewell !== undefined) this.#farewells.push(farewell);
    this.#pump(now);
  }

  request(request: Request, now: number): void {
    const { room } = request;
    const isLeft = room !== undefined && !this.#rooms.has(room);
    const error = room?.failure ?? (isLeft ? new OutcryError('left', 'the room was left') : undefined);
    if (error === undefined) this.#queue.add(request, this.#maxFrameBytes);
    else this.emit({ kind: 'reject', request, error });
    this.#settleClosing();
    this.#pump(now);
  }

  /** What a request says is as it should be. */
  handleChecked(id: number, now: number): void {
    this.#queue.handleChecked(id);
    this.#pump(now);
  }

  /** A request is encoded for a user. */
  handleEncoded(id: number, { user, encoded }: { user: string; encoded: EncodedRequest }, now: number): void {
    this.#queue.handleEncoded(id, user, encoded);
    this.#pump(now);
  }

  /** A request cannot be sent. */
  refuse(id: number, error: OutcryError, now: number): void {
    this.#queue.refuse(id, error);
    this.#pump(now);
  }

  /** Goes out now or never; whether it did. */
  signal(room: RoomState | undefined, { frame, bytes }: EncodedRequest, now: number): boolean {
    if (bytes > this.#maxFrameBytes) throw new OutcryError('tooBig', tooBig(bytes, this.#maxFrameBytes));
    const { signals } = this.#pacer;
    const canGo = this.#link.isLive() && (room === undefined || room.isJoined);
    if (!canGo || !this.#pacer.canSend(now) || !signals.hasAny(now)) return false;
    signals.take(1);
    this.#send(frame, bytes);
    return true;
  }

  handleOpen(socket: number, now: number): void {
    if (this.#link.isCurrent(socket)) this.#link.handleOpen(now);
  }

  /** Undefined is a frame of a type that only newer clients know. */
  handleFrame(socket: number, frame: ReceivedFrame | undefined, now: number): void {
    if (!this.#link.isCurrent(socket)) return;
    const wasLive = this.#link.isLive();
    const { isLate } = this.#link;
    if (frame?.type === 'lagging') for (const book of this.#books) book.handleSilence();
    if (frame !== undefined && HELD_BACK.has(frame.type)) this.#link.handleCaughtUp();
    this.#link.handleFrame(frame, now);
    if (frame !== undefined) this.#dispatch(frame, now);
    if (!wasLive && this.#link.isLive()) this.#begin(now);
    if (isLate !== this.#link.isLate) for (const book of this.#books) book.handleLateness(this.#link.isLate);
    this.#settleClosing();
    this.#pump(now);
  }

  handleLoss(socket: number, loss: SocketLoss, now: number): void {
    if (!this.#link.isCurrent(socket)) return;
    this.#lose(() => {
      this.#link.lose(loss, now);
    });
  }

  /** The socket could not even be made, and cannot be another time. */
  handleNoSocket(socket: number, cause: unknown): void {
    if (!this.#link.isCurrent(socket)) return;
    this.#lose(() => {
      this.#link.handleNoSocket(cause);
    });
  }

  handleToken(ticket: number, token: string | undefined, now: number): void {
    this.#lose(() => {
      this.#link.handleToken(ticket, token, now);
    });
  }

  handleTokenFailure(ticket: number, cause: unknown, now: number): void {
    this.#link.handleTokenFailure(ticket, cause, now);
  }

  handleAlarm(now: number): void {
    this.#lose(() => {
      this.#link.handleAlarm(now);
    });
    this.#queue.handleAlarm(now);
    if (this.#link.isLive()) for (const part of [...this.#rooms, ...this.#books]) part.handleAlarm(now);
    this.#pump(now);
  }

  /** A lost connection is tried sooner, one that may be dead is asked. */
  nudge(why: Nudge, now: number): void {
    this.#link.nudge(why, now);
  }

  /** For good. Whatever waits is rejected. */
  close(): void {
    this.#lose(() => {
      this.#link.close();
    });
  }

  get #maxFrameBytes(): number {
    return this.#link.welcome?.maxFrameBytes ?? DEFAULT_MAX_FRAME_BYTES;
  }

  #begin(now: number): void {
    if (this.#link.welcome !== undefined) this.#pacer.begin(this.#link.welcome, now);
    for (const room of this.#rooms) room.handleWelcome(this.#link.user);
    for (const book of this.#books) book.handleWelcome();
  }

  /** Lets the link take a step at whose end it may have no connection any more. */
  #lose(step: () => void): void {
    const wasLive = this.#link.isLive();
    step();
    if (wasLive && !this.#link.isLive() && !this.#link.isClosed) {
      this.#farewells.length = 0;
      for (const part of [...this.#rooms, ...this.#books]) part.handleLoss();
      this.#queue.handleLoss();
    }
    this.#settleClosing();
  }

  #settleClosing(): void {
    if (!this.#link.isClosed) return;
    const { error } = this.#link;
    this.#queue.rejectAll(error ?? new OutcryError('closed', 'the client was closed'));
  }

  #dispatch(frame: ReceivedFrame, now: number): void {
    switch (frame.type) {
      case 'ack':
      case 'pong':
      case 'reply':
        this.#queue.settle(frame, now);
        return;
      case 'error':
        this.#dispatchError(frame, now);
        return;
      case 'snapshot':
      case 'delta':
      case 'heartbeat':
        this.#dispatchBook(frame, now);
        return;
      case 'stale':
      case 'fresh':
        for (const book of this.#books) {
          if (book.bookClass.symbol === frame.symbol) book.handleFreshness(frame.type === 'stale');
        }
        this.#dispatchRoom(frame, now);
        return;
      case 'joined':
        if (!this.#dispatchRoom(frame, now) && frame.id === undefined && !frame.room.startsWith('@')) {
          this.emit({ kind: 'opened', joined: frame });
        }
        return;
      case 'left':
      case 'message':
      case 'signal':
      case 'member':
      case 'reset':
        this.#dispatchRoom(frame, now);
        return;
      case 'welcome':
      case 'lagging':
      case 'draining':
      case 'results':
        return;
    }
  }

  /** Whether it is a room that somebody has opened. */
  #dispatchRoom(frame: RoomFrame, now: number): boolean {
    let isOpen = false;
    for (const room of this.#rooms) {
      if (room.name !== frame.room) continue;
      isOpen = true;
      room.handleFrame(frame, now);
      this.#dropFailed(room);
    }
    return isOpen;
  }

  #dropFailed(room: RoomState): void {
    if (room.failure === undefined) return;
    this.#rooms.delete(room);
    this.#queue.rejectOf(room, room.failure);
  }

  #dispatchBook(frame: BookFrame, now: number): void {
    for (const book of this.#books) {
      if (!book.is(frame)) continue;
      book.handleFrame(frame, now);
      if (book.isLate && frame.type === 'delta') this.#link.suspect(now);
    }
  }

  #dispatchError(frame: Extract<ReceivedFrame, { type: 'error' }>, now: number): void {
    if (this.#queue.settle(frame, now)) return;
    for (const room of this.#rooms) {
      if (!room.handleError(frame, now)) continue;
      this.#dropFailed(room);
      return;
    }
    for (const book of this.#books) {
      if (!book.handleError(frame, now)) continue;
      if (book.hasFailed) this.#books.delete(book);
      return;
    }
    // A newer token gives fewer rights, unless one that is newer still gives them back: joining again tells.
    if (frame.id === undefined && frame.code === ERROR_CODES.forbidden.code) {
      for (const room of this.#rooms) if (frame.room === undefined || frame.room === room.name) room.doubt();
    }
  }

  /** Sends what can be sent, as fast as the gateway lets a client: rooms first, then books, then requests. */
  #pump(now: number): void {
    this.#heldUntil = Infinity;
    while (this.#link.isLive()) {
      if (!this.#pacer.canSend(now)) {
        this.#heldUntil = this.#pacer.readyAt;
        return;
      }
      const request = this.#nextRequest(now);
      const encoded = request === undefined ? this.#nextEncoded(now) : undefined;
      if (request !== undefined) this.#send(request, REQUEST_BYTES);
      else if (encoded !== undefined) this.#send(encoded.frame, encoded.bytes);
      else return;
    }
  }

  #nextRequest(now: number): ClientFrame<unknown> | undefined {
    const farewell = this.#farewells.shift();
    if (farewell !== undefined) return farewell;
    const nextId = (): number => this.nextId();
    const { joins } = this.#pacer;
    for (const room of this.#rooms) {
      if (!room.wantsJoin(now)) continue;
      if (joins.hasAny(now)) {
        joins.take(1);
        return room.takeJoin(now, nextId);
      }
      this.#heldUntil = joins.readyAt;
      break;
    }
    for (const book of this.#books) {
      const subscribe = book.takeSubscribe(now, nextId);
      if (subscribe !== undefined) return subscribe;
    }
    return undefined;
  }

  #nextEncoded(now: number): EncodedRequest | undefined {
    const { calls } = this.#pacer;
    return this.#queue.take(now, { user: this.#link.user, maxFrameBytes: this.#maxFrameBytes, calls });
  }

  #send(frame: ClientFrame<unknown> | SendableFrame, bytes: number): void {
    this.#pacer.sent(bytes);
    this.emit({ kind: 'send', socket: this.#link.socket, frame });
  }
}
