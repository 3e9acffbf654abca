import { type ClientFrame, inboxOf, type Position, type ReceivedFrame } from '@outcry/protocol';

import { Broadcast } from './primitives/broadcast.ts';
import { check, FUNCTION, type Rule, takeOptions } from './primitives/check.ts';
import { callSafely } from './primitives/call-safely.ts';
import type { Joined } from './core/effects.ts';
import type { RoomNews } from './core/room-news.ts';
import { type JoinOptions, RoomState } from './core/room-state.ts';
import { Deferred } from './primitives/deferred.ts';
import type { Driver } from './connection/driver.ts';
import { OutcryError } from './primitives/errors.ts';
import { CIPHER, type PayloadCipher, PayloadPipe, SCHEMA, seal } from './payloads/payload-pipe.ts';
import { toPayload } from './payloads/to-payload.ts';
import { type Ack, positionOf, toAck } from './connection/answers.ts';
import { publish, PUBLISH_RULES, type PublishOptions } from './publish.ts';
import type { HistoryPage, MemberList, Message, RoomEvent, RoomHistory, RoomStatus, Signal } from './room-events.ts';
import type { StandardSchema } from './payloads/standard-schema.ts';

type Frame<T extends ReceivedFrame['type']> = Extract<ReceivedFrame, { type: T }>;

/** What is wanted of a room, and what becomes of its payloads. */
export interface RoomOptions<In = unknown, Out = In> extends JoinOptions {
  /** Checks every payload, in both directions, and gives them their type. */
  readonly schema?: StandardSchema<In, Out> | undefined;
  /** Seals every payload end to end. */
  readonly encryption?: PayloadCipher | undefined;
  /** Every message, in order. With a handler, events do not wait for an iteration to begin. */
  readonly onMessage?: ((message: Message<Out>) => void) | undefined;
  /** Everything, in order: messages, signals, members, and what becomes of the room. */
  readonly onEvent?: ((event: RoomEvent<Out>) => void) | undefined;
}

export const ROOM_RULES: { readonly [K in keyof RoomOptions]-?: Rule } = {
  history: 'uint',
  echo: 'bool',
  presence: 'bool',
  info: 'bool',
  since: 'position',
  schema: SCHEMA,
  encryption: CIPHER,
  onMessage: FUNCTION,
  onEvent: FUNCTION,
};

export interface RoomParts<In, Out> {
  readonly driver: Driver;
  /** Undefined for the user's inbox, whose name follows from the user's. */
  readonly name: string | undefined;
  readonly options: RoomOptions<In, Out>;
  readonly onLeft: () => void;
  /** Where the gateway has joined it without having been asked. */
  readonly joined?: Joined | undefined;
}

/** A page of a room's past. */
export interface HistoryOptions {
  /** Only messages with a smaller `seq`. */
  readonly before?: number | undefined;
  /** At most so many, 1 to 1,000. Default 50. */
  readonly limit?: number | undefined;
}

/** What one request for the past is answered with. */
interface PastPage {
  readonly frames: readonly Frame<'message'>[];
  readonly head: Position;
  readonly hasMore: boolean;
  readonly isAway: boolean;
}

/** A room that this client is in, from `join` to `leave`, across connections. Iterate over it for its messages. */
export class Room<In = unknown, Out = In> implements AsyncIterable<Message<Out>> {
  readonly #parts: RoomParts<In, Out>;
  readonly #state: RoomState;
  readonly #pipe: PayloadPipe<In, Out>;
  readonly #events: Broadcast<RoomEvent<Out>>;
  readonly #joined = new Deferred<Position>();
  #status: RoomStatus = 'joining';
  /** Payloads that need time keep their order. */
  #incoming: Promise<void> | undefined;

  /** Rooms are made by `client.join`. */
  constructor(parts: RoomParts<In, Out>) {
    const { driver, options } = parts;
    const { schema, encryption, onMessage, onEvent, ...join } = options;
    this.#parts = parts;
    this.#pipe = new PayloadPipe({ schema, encryption });
    this.#events = new Broadcast({ maxItems: driver.settings.maxBufferedEvents });
    if (onMessage === undefined && onEvent === undefined) this.#events.holdForReader();
    this.#state = new RoomState({
      ...join,
      nameFor: (user) => this.#nameFor(user),
      emit: driver.machine.emit,
      random: () => driver.environment.random(),
      listener: (news) => {
        this.#hear(news);
      },
    });
    driver.step((machine, now) => {
      machine.openRoom(this.#state, now, parts.joined);
    });
  }

  /** The name on the wire; that of an inbox is known once there is a connection. */
  get name(): string {
    return this.#parts.name ?? this.#state.name;
  }

  get status(): RoomStatus {
    return this.#status;
  }

  /** The last message that came, in the room's order: keep it, and give it to `join` as `since` another time. */
  get position(): Position | undefined {
    return this.#state.position;
  }

  /** Resolves when the room is joined for the first time; rejects where that is refused, or the room is left before. */
  get joined(): Promise<Position> {
    return this.#joined.promise;
  }

  /** Messages from here on. What came before the first iteration has waited for it, where no handler was given. */
  async *[Symbol.asyncIterator](): AsyncIterator<Message<Out>> {
    for await (const event of this.events()) if (event.type === 'message') yield event;
  }

  /** Everything from here on, in order. Ends when the room is left; fails where the client is closed by an error. */
  events(): AsyncIterableIterator<RoomEvent<Out>> {
    return this.#events.read();
  }

  /**
   * Publishes a message, now or as soon as the room is joined again, and resolves with its position once it is stored. It is
   * repeated under its key until there is an answer, so that it is stored once, however often the connection is lost.
   *
   * @throws OutcryError with `mayBeStored` where nobody can know whether it was
   */
  async publish(data: In, options: PublishOptions = {}): Promise<Position> {
    const taken = takeOptions(options, PUBLISH_RULES);
    const payload = toPayload(data);
    const { encryption } = this.#pipe;
    const check = this.#pipe.checkOutgoing(data);
    const { driver, name = inboxOf } = this.#parts;
    return publish(driver, { payload, encryption, check, name, room: this.#state }, taken);
  }

  /**
   * Says something in passing, such as `typing`. It goes out now or never; whether it did. What has to be checked or sealed first
   * goes out if the connection is still the same then.
   */
  signal(name: string, data?: In): boolean {
    check('name', name, 'name');
    const payload = data === undefined ? undefined : toPayload(data);
    const checked = data === undefined ? undefined : this.#pipe.checkOutgoing(data);
    const { encryption } = this.#pipe;
    if (checked === undefined && (payload === undefined || encryption === undefined)) {
      return this.#sendSignal(name, payload);
    }
    if (!this.#state.isJoined) return false;
    this.#sealSignal(payload, checked).then(
      ([sealed, isSame]) => isSame() && this.#sendSignal(name, sealed),
      () => undefined,
    );
    return true;
  }

  /** Who is in the room, in the whole cluster. */
  async members(): Promise<MemberList> {
    const { count = 0, members = [] } = await this.#ask((id, room) => ({ type: 'members', id, room }));
    return { count, members };
  }

  /**
   * The newest messages before a `seq`, oldest first: the room's past. As many as were asked for, in however many answers. Iterated, it
   * goes on page by page, the newest first, as far as the room's past goes: `for await (const message of room.history())`.
   */
  history(page: HistoryOptions = {}): RoomHistory<Out> {
    const first = this.#page(page);
    return Object.assign(first, { [Symbol.asyncIterator]: () => this.#past(first, page) });
  }

  /** Leaves for good. Iterations end; what waits for an answer is rejected as `left`. */
  leave(): void {
    this.#parts.driver.step((machine, now) => {
      machine.closeRoom(this.#state, now);
    });
  }

  /** The client is closed. */
  end(error: OutcryError | undefined): void {
    if (this.#status === 'left') return;
    this.#status = error === undefined ? 'left' : 'failed';
    this.#joined.reject(error ?? new OutcryError('closed', 'the client was closed'));
    this.#after(() => {
      this.#events.end(error);
    });
  }

  /** For the user of this connection, and whether that is still the one. */
  async #sealSignal(payload: unknown, checked: Promise<void> | undefined): Promise<[unknown, () => boolean]> {
    const { machine } = this.#parts.driver;
    const { socket, user: from } = machine.link;
    await checked;
    const { encryption } = this.#pipe;
    const isSealed = encryption !== undefined && payload !== undefined;
    const sealed = isSealed ? await seal(payload, { room: this.name, from }, encryption) : payload;
    return [sealed, () => machine.link.socket === socket];
  }

  async #page(page: HistoryOptions): Promise<HistoryPage<Out>> {
    const { before, limit = 50 } = takeOptions(page, { before: 'uint', limit: 'uint' });
    const newest = await this.#readPast(before, limit);
    const { head } = newest;
    let { frames, hasMore, isAway } = newest;
    while (hasMore && frames.length < limit) {
      const older = await this.#readPast(frames[0]?.seq, limit - frames.length);
      // Where the room is numbered anew, what is older now is of another order.
      const isOfOneOrder = older.head.epoch === head.epoch;
      if (isOfOneOrder) frames = [...older.frames, ...frames];
      hasMore = isOfOneOrder && older.hasMore && older.frames.length > 0;
      isAway = older.isAway;
    }
    const decoded = await Promise.all(frames.map((frame) => this.#decode(frame, head.epoch)));
    const messages = decoded.filter((event) => event.type === 'message');
    return { messages, head, hasMore, isAway, oldest: frames[0]?.seq };
  }

  async *#past(first: Promise<HistoryPage<Out>>, options: HistoryOptions): AsyncGenerator<Message<Out>, void> {
    let page = await first;
    const { epoch } = page.head;
    // Where the room is numbered anew, what is older now is of another order.
    while (page.head.epoch === epoch) {
      yield* [...page.messages].reverse();
      if (page.isAway) throw new OutcryError('unavailable', 'the archive is away');
      if (!page.hasMore) return;
      page = await this.#page({ ...options, before: page.oldest });
    }
  }

  async #readPast(before: number | undefined, limit: number): Promise<PastPage> {
    const { info } = this.#parts.options;
    // What is undefined is absent in both encodings.
    const answer = await this.#ask(
      (id, room) => ({ type: 'history', id, room, before, limit, info }) as ClientFrame<unknown>,
    );
    const frames = (answer.messages ?? []).filter(isMessageFrame);
    return { frames, head: positionOf(answer), hasMore: answer.more === true, isAway: answer.away === true };
  }

  #nameFor(user: string): string {
    return this.#parts.name ?? inboxOf(user);
  }

  #sendSignal(name: string, data: unknown): boolean {
    const payload = data === undefined ? {} : { data };
    const room = this.name;
    return this.#parts.driver.signal((id) => ({ type: 'signal', id, room, name, ...payload }), this.#state);
  }

  async #ask(build: (id: number, room: string) => ClientFrame<unknown>): Promise<Ack> {
    const { driver, name } = this.#parts;
    const options = { room: this.#state, timeoutMs: driver.settings.requestTimeoutMs };
    const answer =
      name === undefined
        ? driver.requestAs((id, user) => build(id, inboxOf(user)), options)
        : driver.request((id) => build(id, name), options);
    return toAck(await answer);
  }

  #hear(news: RoomNews): void {
    switch (news.type) {
      case 'message':
        this.#deliver(news.frame, news.epoch);
        return;
      case 'signal':
        this.#deliver(news.frame, '');
        return;
      case 'member': {
        const { user, change, count, info } = news.frame;
        this.#tell({ type: 'member', user, change, count, info });
        return;
      }
      case 'failed':
        this.#end('failed', news.error);
        return;
      case 'left':
        this.#end('left', undefined);
        return;
      case 'gap':
        this.#tell(news);
        return;
      default:
        this.#status = statusAfter(news.type);
        if (news.type === 'joined') this.#joined.resolve(news.position);
        this.#tell(news);
    }
  }

  #end(status: RoomStatus, error: OutcryError | undefined): void {
    this.#status = status;
    this.#joined.reject(error ?? new OutcryError('left', 'the room was left'));
    this.#after(() => {
      this.#events.end(error);
    });
    this.#parts.onLeft();
  }

  #deliver(frame: Frame<'message' | 'signal'>, epoch: string): void {
    if (this.#pipe.isEmpty) {
      const data = this.#pipe.trusted(frame.data);
      this.#emit(frame.type === 'message' ? toMessage(frame, data, epoch) : toSignal(frame, data));
      return;
    }
    const decoded = this.#decode(frame, epoch);
    const before = this.#incoming ?? Promise.resolve();
    this.#incoming = before.then(async () => {
      this.#emit(await decoded);
    });
  }

  async #decode(frame: Frame<'message' | 'signal'>, epoch: string): Promise<RoomEvent<Out>> {
    try {
      if (frame.type === 'message') return toMessage(frame, await this.#pipe.incoming(frame.data, frame), epoch);
      return toSignal(frame, frame.data === undefined ? undefined : await this.#pipe.incoming(frame.data, frame));
    } catch (cause) {
      const error = cause instanceof OutcryError ? cause : new OutcryError('invalidData', 'not readable', { cause });
      return { type: 'undeliverable', from: frame.from, seq: frame.type === 'message' ? frame.seq : undefined, error };
    }
  }

  #tell(event: RoomEvent<Out>): void {
    this.#after(() => {
      this.#emit(event);
    });
  }

  /** Behind the payloads that are still on their way. */
  #after(act: () => void): void {
    if (this.#incoming === undefined) act();
    else this.#incoming = this.#incoming.then(act);
  }

  #emit(event: RoomEvent<Out>): void {
    const { onMessage, onEvent } = this.#parts.options;
    this.#events.push(event);
    callSafely(() => {
      if (event.type === 'message') onMessage?.(event);
      onEvent?.(event);
    });
  }
}

function statusAfter(type: 'joined' | 'stale' | 'fresh' | 'away'): RoomStatus {
  return type === 'fresh' ? 'joined' : type;
}

function toMessage<T>(frame: Frame<'message'>, data: T, epoch: string): Message<T> {
  return { ...frame, data, epoch };
}

function toSignal<T>({ from, name }: Frame<'signal'>, data: T | undefined): Signal<T> {
  return { type: 'signal', from, name, data };
}

function isMessageFrame(frame: unknown): frame is Frame<'message'> {
  return typeof frame === 'object' && frame !== null && 'type' in frame && frame.type === 'message';
}
