import { type ClientFrame, ERROR_CODES, type ReceivedFrame, type SendableFrame } from '@outcry/protocol';

import { OutcryError } from '../primitives/errors.ts';
import type { BookFrame, BookState } from './book-state.ts';
import type { Effect, Emit, Joined } from './effects.ts';
import { HELD_BACK } from './held-back.ts';
import { Link, type LinkOptions, type Nudge } from './link.ts';
import type { SocketLoss } from './loss.ts';
import type { EncodedRequest, Request } from './request.ts';
import { RequestQueue, tooBig } from './request-queue.ts';
import { RoomMaker } from './room-maker.ts';
import type { RoomFrame, RoomState } from './room-state.ts';

export interface MachineOptions extends LinkOptions {
  readonly maxRequests: number;
}

interface Outgoing {
  readonly frame: ClientFrame<unknown> | SendableFrame;
  readonly bytes: number;
}

/** What a gateway takes before a `welcome` has said otherwise. */
const DEFAULT_MAX_FRAME_BYTES = 16_384;
/** Of a request of the machine's own: most have less. */
const REQUEST_BYTES = 256;
/** How long rooms and books may take to be on the next connection, before the client goes on without those that are not. */
const MOVE_MS = 8_000;
/** And after that the answers to what was asked on the one before: what has none by then is asked again. */
const SETTLE_MS = 2_000;

/**
 * Everything that a client decides, without a socket, a timer or a clock: it is told what happened and when, and collects what
 * is to be done about it. One alarm is all the timing it needs: `nextAlarmAt` after each step.
 */
export class Machine {
  readonly #options: MachineOptions;
  readonly #queue: RequestQueue;
  readonly #rooms = new Set<RoomState>();
  readonly #books = new Set<BookState>();
  #effects: Effect[] = [];
  #lastId = 0;
  #lastTicket = 0;
  #link: Link;
  /** Takes the place of the link, once everything is on it. */
  #next: Link | undefined;
  /** When the next link takes over, whatever is missing; and when nothing more is sent on the one before. */
  #moveBy = Infinity;
  #isSettling = false;
  readonly #roomMaker = new RoomMaker();
  /** When more may go out, where something waits for that. */
  #heldUntil = Infinity;

  constructor(options: MachineOptions) {
    this.#options = options;
    this.#queue = new RequestQueue(this.emit, options.maxRequests);
    this.#link = this.#createLink();
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
    for (const part of this.#parts()) at = Math.min(at, part.nextAlarmAt);
    return Math.min(at, this.#heldUntil, this.#next?.nextAlarmAt ?? this.#link.movesAt, this.#moveBy);
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
  openRoom(room: RoomState, now: number, joined?: Joined): void {
    this.#rooms.add(room);
    if (this.#link.isLive()) {
      room.handleWelcome(this.#link.user);
      if (joined !== undefined) room.adopt(joined.frame, joined.socket);
    }
    this.#pump(now);
  }

  closeRoom(room: RoomState, now: number): void {
    if (!this.#rooms.delete(room)) return;
    const farewell = room.leave();
    this.#say(farewell);
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
    this.#say(farewell);
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
    const { pacer, socket } = this.#link;
    const canGo = this.#link.isLive() && room?.isOn(socket) !== false;
    if (!canGo || !pacer.canSend(now) || !pacer.signals.hasAny(now)) return false;
    pacer.signals.take(1);
    this.#send(this.#link, { frame, bytes });
    return true;
  }

  handleOpen(socket: number, now: number): void {
    this.#linkOf(socket)?.handleOpen(now);
  }

  /** Undefined is a frame of a type that only newer clients know. */
  handleFrame(socket: number, frame: ReceivedFrame | undefined, now: number): void {
    const link = this.#linkOf(socket);
    if (link === undefined) return;
    const wasLive = link.isLive();
    const { isLate } = link;
    if (frame?.type === 'lagging') for (const book of this.#booksOf(link)) book.handleSilence();
    if (frame !== undefined && HELD_BACK.has(frame.type)) link.handleCaughtUp();
    link.handleFrame(frame, now);
    if (frame !== undefined) this.#dispatch(frame, now, link);
    if (!wasLive && link.isLive()) this.#begin(link, now);
    if (isLate !== link.isLate) for (const book of this.#booksOf(link)) book.handleLateness(link.isLate);
    this.#settleClosing();
    this.#pump(now);
  }

  handleLoss(socket: number, loss: SocketLoss, now: number): void {
    this.#lose(() => this.#linkOf(socket)?.lose(loss, now));
    this.#pump(now);
  }

  /** The socket could not even be made, and cannot be another time. */
  handleNoSocket(socket: number, cause: unknown): void {
    this.#lose(() => this.#linkOf(socket)?.handleNoSocket(cause));
  }

  handleToken(ticket: number, token: string | undefined, now: number): void {
    this.#lose(() => {
      for (const link of this.#links()) link.handleToken(ticket, token, now);
    });
  }

  handleTokenFailure(ticket: number, cause: unknown, now: number): void {
    for (const link of this.#links()) link.handleTokenFailure(ticket, cause, now);
  }

  handleAlarm(now: number): void {
    this.#lose(() => {
      for (const link of this.#links()) link.handleAlarm(now);
    });
    this.#queue.handleAlarm(now);
    if (this.#link.isLive()) for (const part of this.#parts()) part.handleAlarm(now);
    this.#pump(now);
  }

  /** A lost connection is tried sooner, one that may be dead is asked. */
  nudge(why: Nudge, now: number): void {
    for (const link of this.#links()) link.nudge(why, now);
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

  #begin(link: Link, now: number): void {
    if (link !== this.#link) {
      this.#moveBy = now + MOVE_MS;
      return;
    }
    for (const room of this.#rooms) room.handleWelcome(link.user);
    for (const book of this.#books) book.handleWelcome();
  }

  /** Its status is the client's while it is the link. */
  #createLink(): Link {
    const emit: Emit = (effect) => {
      if (effect.kind !== 'status' || link === this.#link) this.emit(effect);
    };
    const link = new Link(emit, {
      ...this.#options,
      nextId: () => this.nextId(),
      nextTicket: () => (this.#lastTicket += 1),
      mayMove: (stays, now) => !stays || this.#roomMaker.mayLeave(now),
    });
    return link;
  }

  #links(): Link[] {
    return this.#next === undefined ? [this.#link] : [this.#link, this.#next];
  }

  #linkOf(socket: number): Link | undefined {
    return this.#links().find((link) => link.isCurrent(socket));
  }

  /** Those that come from nowhere else. */
  #booksOf(link: Link): BookState[] {
    const others = this.#links().filter((other) => other !== link);
    return [...this.#books].filter((book) => !others.some(({ socket }) => book.isOn(socket)));
  }

  #parts(): (RoomState | BookState)[] {
    return [...this.#rooms, ...this.#books];
  }

  /**
   * Where the gateway wants this connection to end: makes another one, has rooms and books come there while they are heard here,
   * waits for the answers to what was asked here, and goes on there.
   */
  #move(now: number): void {
    const [link, next] = [this.#link, this.#next];
    if (next === undefined) {
      if (!link.isLive() || now < link.movesAt) return;
      link.movesAt = Infinity;
      this.#next = this.#createLink();
      this.#next.start(now);
      return;
    }
    if (!next.isLive()) return;
    for (const room of this.#rooms) room.handleMove(next.socket, next.user);
    for (const book of this.#books) book.handleMove(next.socket);
    const isMoved = this.#isSettling || this.#parts().every((part) => part.isOn(next.socket));
    if (!isMoved && now < this.#moveBy) return;
    if (!this.#isSettling) {
      this.#isSettling = true;
      this.#moveBy = now + SETTLE_MS;
    }
    if (!this.#queue.hasSent || now >= this.#moveBy) this.#goOn(next);
  }

  /** The next link is the link. */
  #goOn(next: Link): void {
    const before = this.#link;
    this.#link = next;
    this.#endMove();
    before.close();
    for (const part of this.#parts()) part.handleLoss(next.socket);
    this.#queue.handleLoss();
    next.tellStatus();
  }

  #endMove(): void {
    this.#next = undefined;
    this.#moveBy = Infinity;
    this.#isSettling = false;
  }

  /** Lets the links take a step at whose end they may have no connection any more. */
  #lose(step: () => void): void {
    const [link, next] = [this.#link, this.#next];
    const wasLive = link.isLive();
    const wasMoving = next?.isLive() === true;
    step();
    if (wasLive && !link.isLive() && !link.isClosed) {
      if (next?.isLive() === true) this.#goOn(next);
      else {
        next?.close();
        for (const part of this.#parts()) part.handleLoss();
        this.#queue.handleLoss();
      }
    } else if (wasMoving && !next.isLive()) {
      this.#moveBy = Infinity;
      this.#isSettling = false;
      for (const part of this.#parts()) part.handleLoss(link.socket);
    }
    this.#settleClosing();
  }

  #settleClosing(): void {
    // Whoever is not let in elsewhere stays, and comes back when this connection has ended.
    if (this.#next?.isClosed === true) this.#endMove();
    if (!this.#link.isClosed) return;
    this.#next?.close();
    const { error } = this.#link;
    this.#queue.rejectAll(error ?? new OutcryError('closed', 'the client was closed'));
  }

  #dispatch(frame: ReceivedFrame, now: number, link: Link): void {
    const { socket } = link;
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
        this.#dispatchBook(frame, now, link);
        return;
      case 'stale':
      case 'fresh':
        for (const book of this.#books) {
          if (book.bookClass.symbol === frame.symbol) book.handleFreshness(frame.type === 'stale', socket);
        }
        this.#dispatchRoom(frame, now, socket);
        return;
      case 'joined':
        this.#dispatchRoom(frame, now, socket);
        if (frame.id === undefined && !frame.room.startsWith('@')) {
          this.emit({ kind: 'opened', joined: { frame, socket } });
        }
        return;
      case 'left':
      case 'message':
      case 'signal':
      case 'member':
      case 'reset':
        this.#dispatchRoom(frame, now, socket);
        return;
      case 'welcome':
      case 'lagging':
      case 'draining':
      case 'results':
        return;
    }
  }

  #dispatchRoom(frame: RoomFrame, now: number, socket: number): void {
    for (const room of this.#rooms) {
      if (room.name !== frame.room) continue;
      room.handleFrame(frame, now, socket);
      this.#dropFailed(room);
    }
  }

  #dropFailed(room: RoomState): void {
    if (room.failure === undefined) return;
    this.#rooms.delete(room);
    this.#queue.rejectOf(room, room.failure);
  }

  #dispatchBook(frame: BookFrame, now: number, link: Link): void {
    for (const book of this.#books) {
      if (!book.is(frame)) continue;
      book.handleFrame(frame, now, link.socket);
      if (book.isOn(link.socket) && book.isLate && frame.type === 'delta') link.suspect(now);
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
    this.#move(now);
    this.#heldUntil = Infinity;
    const newest = this.#next?.isLive() === true ? this.#next : this.#link;
    for (const link of this.#links()) {
      while (link.isLive()) {
        if (!link.pacer.canSend(now)) {
          this.#heldUntil = Math.min(this.#heldUntil, link.pacer.readyAt);
          break;
        }
        const request = this.#nextOf(link, link === newest, now);
        if (request === undefined) break;
        this.#send(link, request);
      }
    }
  }

  #nextOf(link: Link, isNewest: boolean, now: number): Outgoing | undefined {
    const frame = link.farewells.shift() ?? (isNewest ? this.#nextRequest(link, now) : undefined);
    if (frame !== undefined) return { frame, bytes: REQUEST_BYTES };
    if (link !== this.#link || this.#isSettling) return undefined;
    const { socket, user } = link;
    const { calls } = link.pacer;
    return this.#queue.take(now, { socket, user, maxFrameBytes: this.#maxFrameBytes, calls });
  }

  /** On whatever connection it may be known. */
  #say(farewell: ClientFrame<unknown> | undefined): void {
    if (farewell !== undefined) for (const link of this.#links()) link.farewells.push(farewell);
  }

  /** Joins and subscriptions go out on the newest connection. */
  #nextRequest({ pacer, socket }: Link, now: number): ClientFrame<unknown> | undefined {
    const nextId = (): number => this.nextId();
    for (const room of this.#rooms) {
      if (!room.wantsJoin(now)) continue;
      if (pacer.joins.hasAny(now)) {
        pacer.joins.take(1);
        return room.takeJoin(now, nextId, socket);
      }
      this.#heldUntil = Math.min(this.#heldUntil, pacer.joins.readyAt);
      break;
    }
    for (const book of this.#books) {
      const subscribe = book.takeSubscribe(now, nextId, socket);
      if (subscribe !== undefined) return subscribe;
    }
    return undefined;
  }

  #send(link: Link, { frame, bytes }: Outgoing): void {
    link.pacer.sent(bytes);
    this.emit({ kind: 'send', socket: link.socket, frame });
  }
}
