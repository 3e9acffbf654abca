import type { ClientFrame, ReceivedFrame } from '@outcry/protocol';

type Request<T extends ClientFrame['type']> = Extract<ClientFrame<unknown>, { type: T }>;
type MessageFrame = Extract<ReceivedFrame, { type: 'message' }>;

/** Only so much silence is a reason to ask again. */
const ASKED_AGAIN_MS = 15_000;

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
  isOpen = true;
}

/** A cluster of gateways as docs/PROTOCOL.md has it, in as few lines as decide about rooms and publishes. */
export class FakeCluster {
  readonly rooms = new Map<string, StoredRoom>();
  readonly faults: string[] = [];
  readonly #connections = new Set<FakeConnection>();
  #epochs = 0;
  now = 0;
  /** Answers this many of the next requests with an error that says "later". */
  refusals = 0;

  connect(): FakeConnection {
    const open = [...this.#connections].filter((connection) => connection.isOpen);
    if (open.length > 0) this.faults.push('two connections at once');
    const connection = new FakeConnection();
    this.#connections.clear();
    this.#connections.add(connection);
    connection.arriving.push({
      type: 'welcome',
      connection: 'c',
      node: 'n',
      user: 'ann',
      at: 0,
      heartbeatMs: 25_000,
      resumeWindowMs: 600_000,
      maxFrameBytes: 16_384,
      maxRooms: 128,
      maxSubscriptions: 64,
    });
    return connection;
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

  handle(connection: FakeConnection, frame: ClientFrame<unknown>): void {
    const id = 'id' in frame ? { id: frame.id ?? 0 } : {};
    if (this.refusals > 0 && (frame.type === 'join' || frame.type === 'publish')) {
      this.refusals -= 1;
      if (frame.type === 'join') this.#countJoin(connection, frame);
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
      case 'ping':
        connection.arriving.push({ type: 'pong', ...id, at: 0 });
        return;
      default:
        this.faults.push(`an unexpected ${frame.type}`);
    }
  }

  /** To be called for each frame as it arrives. */
  arrived(connection: FakeConnection, frame: ReceivedFrame): void {
    if (frame.type !== 'joined' && frame.type !== 'error') return;
    for (const [room, { id }] of connection.openJoins) if (id === frame.id) connection.openJoins.delete(room);
  }

  #publish(connection: FakeConnection, frame: Request<'publish'>): void {
    if (!connection.rooms.has(frame.room)) this.faults.push(`a publish to ${frame.room} before it was joined`);
    const seq = this.publish(frame.room, frame.data, frame.key ?? '');
    connection.arriving.push({ type: 'ack', id: frame.id ?? 0, epoch: this.room(frame.room).epoch, seq });
  }

  #join(connection: FakeConnection, frame: Request<'join'>): void {
    this.#countJoin(connection, frame);
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
