import type { ClientFrame, ReceivedFrame } from '@outcry/protocol';

import { FakeBook } from './fake-book.ts';
import { FakeWatcher } from './fake-watcher.ts';

type Request<T extends ClientFrame['type']> = Extract<ClientFrame<unknown>, { type: T }>;
type MessageFrame = Extract<ReceivedFrame, { type: 'message' }>;

/** Only so much silence is a reason to ask again. */
const ASKED_AGAIN_MS = 15_000;
const REFUSABLE: ReadonlySet<string> = new Set(['join', 'publish', 'subscribe']);

interface StoredRoom {
  epoch: string;
  /** `seq` of the first message that can still be had. */
  oldest: number;
  readonly log: { readonly key: string; readonly frame: MessageFrame }[];
}

/** One connection to the cluster: what was sent to the client and has not arrived yet. */
export class FakeConnection {
  readonly arriving: ReceivedFrame[] = [];
  readonly rooms = new Set<string>();
  /** Joins whose answers have not arrived, and when they were made. */
  readonly openJoins = new Map<string, { readonly id: number; readonly at: number }>();
  readonly watcher: FakeWatcher;
  /** The same for a subscription. */
  openSubscribe: { readonly id: number; readonly at: number } | undefined;
  isOpen = true;
  /** The client is to have another one. */
  isDraining = false;
  /** The client knows of its session. */
  hasWelcomed = false;

  constructor(book: FakeBook) {
    this.watcher = new FakeWatcher(book, this.arriving);
  }
}

/** A cluster of gateways as docs/PROTOCOL.md has it, in as few lines as decide about rooms, publishes and a book. */
export class FakeCluster {
  readonly rooms = new Map<string, StoredRoom>();
  readonly faults: string[] = [];
  readonly book: FakeBook;
  readonly #connections = new Set<FakeConnection>();
  readonly #random: () => number;
  #epochs = 0;
  now = 0;
  /** Answers this many of the next requests with an error that says "later". */
  refusals = 0;

  constructor(random: () => number) {
    this.#random = random;
    this.book = new FakeBook(random, () => this.now);
  }

  connect(): FakeConnection {
    for (const known of this.#connections) if (!known.isOpen) this.#connections.delete(known);
    const mayBeSecond = [...this.#connections].every(({ isDraining }) => isDraining) && this.#connections.size < 2;
    if (!mayBeSecond) this.faults.push('more connections at once than it takes to move');
    const connection = new FakeConnection(this.book);
    this.#connections.add(connection);
    connection.arriving.push({
      type: 'welcome',
      connection: 'c',
      node: 'n',
      user: this.#random() < 0.8 ? 'ann' : 'guest',
      at: this.now,
      heartbeatMs: 25_000,
      resumeWindowMs: 600_000,
      maxFrameBytes: 16_384,
      maxRooms: 128,
      maxSubscriptions: 64,
      ...(this.#random() < 0.2 ? { maxJoinsPerSecond: 1, maxJoinBurst: 1 } : {}),
    });
    return connection;
  }

  get #watchers(): readonly FakeWatcher[] {
    return [...this.#connections].filter(({ isOpen }) => isOpen).map(({ watcher }) => watcher);
  }

  /** The client is asked to move: to another gateway, or to this one again. */
  drain(connection: FakeConnection | undefined): void {
    if (connection?.hasWelcomed !== true || connection.isDraining) return;
    connection.isDraining = true;
    const reconnectInMs = this.#random() < 0.8 ? 0 : 2_000;
    connection.arriving.push({ type: 'draining', reconnectInMs, openForMs: 10_000 });
  }

  /** The book changes, and one who watches it may be told wrong. */
  changeBook(fault: { readonly isLost?: boolean; readonly isWrong?: boolean } = {}): void {
    const change = this.book.change();
    for (const watcher of this.#watchers) watcher.change(change, fault);
  }

  renumberBook(): void {
    this.book.beginAnew();
    for (const watcher of this.#watchers) watcher.renumbered();
  }

  room(name: string): StoredRoom {
    let room = this.rooms.get(name);
    if (room === undefined) {
      room = { epoch: this.#newEpoch(), oldest: 1, log: [] };
      this.rooms.set(name, room);
    }
    return room;
  }

  /** The past is gone, and the numbering begins anew. */
  loseRoom(name: string): void {
    const room: StoredRoom = { epoch: this.#newEpoch(), oldest: 1, log: [] };
    this.rooms.set(name, room);
    this.#toMembers(name, { type: 'reset', room: name, epoch: room.epoch, seq: 0 });
  }

  /** Older messages cannot be resumed from any more. */
  trimRoom(name: string): void {
    const room = this.room(name);
    room.oldest = room.log.length + 1;
  }

  /** Messages can repeat. */
  repeat(name: string): void {
    const last = this.room(name).log.at(-1);
    if (last !== undefined) this.#toMembers(name, last.frame);
  }

  publish(name: string, data: unknown, key: string): number {
    const room = this.room(name);
    const known = room.log.findIndex((stored) => stored.key === key);
    if (known !== -1) return known + 1;
    const seq = room.log.length + 1;
    const frame: MessageFrame = { type: 'message', room: name, from: 'bob', at: 0, data, seq };
    room.log.push({ key, frame });
    this.#toMembers(name, frame);
    return seq;
  }

  /** What is sent on a connection that is over is heard by nobody. */
  handle(connection: FakeConnection | undefined, frame: ClientFrame<unknown>): void {
    if (connection === undefined) return;
    const id = 'id' in frame ? { id: frame.id ?? 0 } : {};
    if (frame.type === 'join') this.#countJoin(connection, frame);
    if (frame.type === 'subscribe') this.#countSubscribe(connection, Number(frame.id));
    if (this.refusals > 0 && REFUSABLE.has(frame.type)) {
      this.refusals -= 1;
      connection.arriving.push({ type: 'error', ...id, code: 'unavailable', message: 'later', retryable: true });
      return;
    }
    switch (frame.type) {
      case 'join':
        this.#join(connection, frame);
        return;
      case 'leave':
        connection.rooms.delete(frame.room);
        connection.openJoins.delete(frame.room);
        return;
      case 'publish':
        this.#publish(connection, frame);
        return;
      case 'subscribe':
        connection.arriving.push({ type: 'ack', ...id });
        connection.watcher.subscribe(frame);
        return;
      case 'unsubscribe':
        connection.openSubscribe = undefined;
        connection.watcher.unsubscribe();
        return;
      case 'ping':
        connection.arriving.push({ type: 'pong', ...id, at: this.now });
        return;
      default:
        this.faults.push(`an unexpected ${frame.type}`);
    }
  }

  /** To be called for each frame as it arrives. */
  arrived(connection: FakeConnection, frame: ReceivedFrame): void {
    if (frame.type === 'welcome') connection.hasWelcomed = true;
    const isRefused = frame.type === 'error' && frame.id === connection.openSubscribe?.id;
    if (frame.type === 'snapshot' || isRefused) connection.openSubscribe = undefined;
    if (frame.type !== 'joined' && frame.type !== 'error') return;
    for (const [room, { id }] of connection.openJoins) if (id === frame.id) connection.openJoins.delete(room);
  }

  #publish(connection: FakeConnection, frame: Request<'publish'>): void {
    if (!connection.rooms.has(frame.room)) this.faults.push(`a publish to ${frame.room} before it was joined`);
    const seq = this.publish(frame.room, frame.data, frame.key ?? '');
    connection.arriving.push({ type: 'ack', id: frame.id ?? 0, epoch: this.room(frame.room).epoch, seq });
  }

  #join(connection: FakeConnection, frame: Request<'join'>): void {
    const { log, epoch, oldest } = this.room(frame.room);
    const { since, history = 50 } = frame;
    const canResume = since?.epoch === epoch && since.seq + 1 >= oldest && since.seq <= log.length;
    const from = canResume ? since.seq : Math.max(oldest - 1, log.length - history);
    connection.rooms.add(frame.room);
    connection.arriving.push(
      { type: 'joined', id: frame.id ?? 0, room: frame.room, epoch, recovered: canResume, seq: from },
      ...log.slice(from).map(({ frame: message }) => message),
    );
  }

  #countJoin(connection: FakeConnection, { room, id }: Request<'join'>): void {
    const open = connection.openJoins.get(room);
    if (open !== undefined && this.now < open.at + ASKED_AGAIN_MS) {
      this.faults.push(`a second join of ${room} while the first is unanswered`);
    }
    connection.openJoins.set(room, { id: Number(id), at: this.now });
  }

  #countSubscribe(connection: FakeConnection, id: number): void {
    const open = connection.openSubscribe;
    if (open !== undefined && this.now < open.at + ASKED_AGAIN_MS) {
      this.faults.push('a second subscribe while the first is unanswered');
    }
    connection.openSubscribe = { id, at: this.now };
  }

  #toMembers(name: string, frame: ReceivedFrame): void {
    for (const connection of this.#connections) {
      if (connection.isOpen && connection.rooms.has(name)) connection.arriving.push(frame);
    }
  }

  #newEpoch(): string {
    this.#epochs += 1;
    return `e${String(this.#epochs)}`;
  }
}
