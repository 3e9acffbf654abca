import type { Position } from '@outcry/protocol';
import { OutcryError } from '../outcry-error.ts';
import type { MemberEvent } from '../presence/store.ts';
import type { BackplaneEvents } from '../redis/events.ts';
import { KeyedQueue } from '../redis/pacing/keyed-queue.ts';
import { RedirectError } from '../redis/faults/redirect.ts';
import type { Router } from '../redis/router.ts';
import type { ChannelListener } from '../redis/connection/subscriber.ts';
import type {
  Broker,
  BrokerHandler,
  HistoryRange,
  Published,
  PublishRequest,
  Retention,
  RoomHistory,
  RoomMessage,
  RoomSignal,
  RoomWeight,
} from './broker.ts';
import { Announcer } from './announcer.ts';
import { decodeEnvelope, encodeSignal } from './bus-envelope.ts';
import { EMPTY_NUMBERING_TTL_MS, HISTORY_BYTES, NUMBERING_TTL_MS } from './defaults.ts';
import { createEpoch } from './epoch.ts';
import type { RoomKeys } from './keys.ts';
import { MessageBatches } from './message-batches.ts';
import { LET_GO } from './scripts/let-go.lua.ts';
import { OPEN_ROOM } from './scripts/open-room.lua.ts';
import { READ_HISTORY } from './scripts/read-history.lua.ts';
import { REMOVE_HISTORY } from './scripts/remove-history.lua.ts';
import { WEIGH_ROOM } from './scripts/weigh-room.lua.ts';
import { type RepairRead, type SeenPosition, Sequencer, type SequencerPort } from './sequencer.ts';

/** Messages of one read when a hole is repaired; a longer hole takes several. */
const REPAIR_PAGE = 512;
/** Rooms that are compared with Redis side by side after a reconnection. */
const ROOMS_PER_BATCH = 256;

/** Whether a room is among those that are meant. */
export type RoomFilter = (room: string) => boolean;

export interface RedisBrokerParts {
  readonly redis: Router;
  readonly keys: RoomKeys;
  readonly idempotencyWindowMs: number;
  readonly events: BackplaneEvents;
  /** Called where a room could not be made whole: `catchUp` has to be called again for it. */
  readonly onStalled: (room: string) => void;
  /** Called with what joined rooms' channels say about presence. */
  readonly onMember: (event: MemberEvent) => void;
}

/** Rooms over Redis: one Lua call publishes, channels deliver, streams repair. */
export class RedisBroker implements Broker {
  readonly #parts: RedisBrokerParts;
  readonly #batches: MessageBatches;
  readonly #announcer: Announcer;
  readonly #rooms = new Map<string, Sequencer>();
  /** Epochs that joined rooms were given while Redis took no writes. Redis does not know them until it can store them. */
  readonly #unstored = new Map<string, string>();
  /** Both are the same for every room: a node has as many rooms as it has users. */
  readonly #sequencerPort: SequencerPort;
  readonly #listener: ChannelListener;
  /** Joins and leaves of one room take turns, so that whatever was called last holds. */
  readonly #turns = new KeyedQueue();
  #handler: BrokerHandler | undefined;
  #unarchivedCount = 0;
  #isClosed = false;

  constructor(parts: RedisBrokerParts) {
    this.#parts = parts;
    this.#batches = new MessageBatches({
      ...parts,
      onLetGo: (messages) => {
        this.#unarchivedCount += messages;
      },
    });
    this.#announcer = new Announcer(parts);
    this.#sequencerPort = this.#createSequencerPort();
    this.#listener = (payload, channel) => {
      this.#receive(parts.keys.roomOf(channel), payload);
    };
  }

  /** Messages that were let go of before they were archived. */
  get unarchivedCount(): number {
    return this.#unarchivedCount;
  }

  start(handler: BrokerHandler): void {
    this.#handler = handler;
  }

  join(room: string): Promise<Position> {
    return this.#turns.run(room, () => this.#join(room));
  }

  leave(room: string): Promise<void> {
    return this.#turns.run(room, () => this.#leave(room));
  }

  async publish({
    room,
    head,
    info,
    origin,
    trace,
    retention,
    idempotency,
    mayBegin = true,
  }: PublishRequest): Promise<Published> {
    this.#assertOpen();
    const { redis, keys } = this.#parts;
    const names = keys.of(room);
    redis.assertWritable(names.meta);
    if (retention.isArchived === true) this.#announcer.announce(room, retention.ms);
    const published = await this.#batches.publish({
      names,
      candidate: mayBegin ? this.#candidateOf(room) : '',
      head,
      info,
      origin,
      trace,
      retention,
      once: idempotency === undefined ? undefined : keys.idempotency(room, idempotency),
    });
    this.#unstored.delete(room);
    return published;
  }

  async signal(signal: RoomSignal): Promise<void> {
    this.#assertOpen();
    const { channel } = this.#parts.keys.of(signal.room);
    await this.#parts.redis.publish(channel, encodeSignal(signal));
  }

  readHistory(room: string, range: HistoryRange, retention: Retention): Promise<RoomHistory> {
    const seen = 'after' in range && range.epoch !== undefined ? [range.epoch] : [];
    return this.#read(room, range, [retention.count, retention.ms, ...seen]);
  }

  async removeHistory(room: string): Promise<Position> {
    this.#assertOpen();
    const { meta, stream } = this.#parts.keys.of(room);
    const line = this.#lineOf(room);
    const args = [createEpoch(), EMPTY_NUMBERING_TTL_MS, typeof line === 'string' ? line : await line];
    const [epoch, seq] = (await this.#parts.redis.runScript(REMOVE_HISTORY, [meta, stream], args)) as [Buffer, number];
    return { epoch: epoch.toString('latin1'), seq };
  }

  async weigh(rooms: readonly string[]): Promise<readonly RoomWeight[]> {
    this.#assertOpen();
    const { redis, keys } = this.#parts;
    return Promise.all(
      rooms.map(async (room) => {
        const { meta, stream } = keys.of(room);
        const [messages, bytes] = (await redis.runScript(WEIGH_ROOM, [meta, stream], [])) as [number, number];
        return { messages, bytes };
      }),
    );
  }

  async listRooms(): Promise<readonly string[]> {
    this.#assertOpen();
    const { redis, keys } = this.#parts;
    // Who listens is known to Redis itself: nothing has to be kept, and nothing outlives a node that is lost.
    return (await redis.channels(keys.channels)).map((channel) => keys.roomOf(channel));
  }

  /**
   * Stores what could not be stored before, so that all nodes number such rooms alike: of the rooms that are meant. Rejects where
   * that is not possible now.
   */
  async storeAgain(isMeant: RoomFilter): Promise<void> {
    for (const room of [...this.#unstored.keys()].filter(isMeant)) {
      const sequencer = this.#rooms.get(room);
      if (sequencer !== undefined) await sequencer.catchUp(await this.#open(room, sequencer.position));
    }
  }

  /** Compares the joined rooms that are meant with Redis, and reads what they have missed. Rejects where that is not possible now. */
  async catchUp(isMeant: RoomFilter): Promise<void> {
    const rooms = [...this.#rooms].filter(([room]) => isMeant(room));
    let betweenServers: RedirectError | undefined;
    for (let start = 0; start < rooms.length; start += ROOMS_PER_BATCH) {
      const batch = rooms.slice(start, start + ROOMS_PER_BATCH);
      const results = await Promise.all(
        batch.map(async ([room, sequencer]) => {
          try {
            return await sequencer.catchUp(await this.#open(room, sequencer.position));
          } catch (error) {
            if (!(error instanceof RedirectError)) throw error;
            // Half of it is elsewhere just now. The others are none the worse for it.
            betweenServers = error;
            return true;
          }
        }),
      );
      const failed = batch[results.indexOf(false)];
      if (failed !== undefined) throw this.#unavailable(failed[0], 'history could not be read');
    }
    if (betweenServers !== undefined) throw betweenServers;
  }

  close(): Promise<void> {
    this.#isClosed = true;
    this.#announcer.close();
    for (const sequencer of this.#rooms.values()) sequencer.close();
    this.#rooms.clear();
    return Promise.resolve();
  }

  async #join(room: string): Promise<Position> {
    this.#assertOpen();
    const joined = this.#rooms.get(room);
    if (joined !== undefined) return { epoch: joined.position.epoch, seq: joined.position.seq };
    const sequencer = new Sequencer(room, this.#sequencerPort);
    const { channel } = this.#parts.keys.of(room);
    this.#rooms.set(room, sequencer);
    try {
      await this.#parts.redis.listen(channel, this.#listener);
      const head = await this.#open(room);
      sequencer.place(head);
      // Whoever awaits the join has seen its position before the first message is delivered.
      setImmediate(() => {
        sequencer.open();
      });
      return { epoch: head.epoch, seq: head.seq };
    } catch (error) {
      this.#forget(room);
      void this.#parts.redis.unlisten(channel);
      throw error;
    }
  }

  async #leave(room: string): Promise<void> {
    this.#assertOpen();
    const seen = this.#rooms.get(room);
    if (seen === undefined) return;
    this.#forget(room);
    const { meta, channel } = this.#parts.keys.of(room);
    await this.#parts.redis.unlisten(channel);
    if (seen.position.seq > 0) return;
    // Where Redis cannot be told it is forgotten later, by its age.
    await this.#parts.redis.runScript(LET_GO, [meta], [channel, EMPTY_NUMBERING_TTL_MS]).catch(() => undefined);
  }

  #forget(room: string): void {
    this.#rooms.get(room)?.close();
    this.#rooms.delete(room);
    this.#unstored.delete(room);
  }

  /** What becomes the room's epoch where it has none. */
  #candidateOf(room: string): string {
    return this.#unstored.get(room) ?? createEpoch();
  }

  #createSequencerPort(): SequencerPort {
    const { events, onStalled } = this.#parts;
    return {
      handleMessage: (message) => this.#handler?.handleMessage(message),
      handleReset: (room, position, isWhole) => this.#handler?.handleReset(room, position, isWhole),
      handleRepaired: (room, messages) => events.onGapRepaired?.(room, messages),
      handleStalled: onStalled,
      readAfter: (room, { epoch, seq, at }) =>
        this.#read(room, { after: seq, limit: REPAIR_PAGE }, ['', '', epoch, at]),
    };
  }

  #receive(room: string, payload: Buffer): void {
    const sequencer = this.#rooms.get(room);
    if (sequencer === undefined) return;
    const envelope = decodeEnvelope(room, payload);
    switch (envelope?.kind) {
      case 'message':
        sequencer.receive(envelope.message);
        return;
      case 'signal':
        this.#handler?.handleSignal(envelope.signal);
        return;
      case 'member':
        this.#parts.onMember(envelope.event);
        return;
      case undefined:
        this.#parts.events.onUnreadable?.(this.#parts.keys.of(room).channel);
    }
  }

  async #open(room: string, seen?: SeenPosition): Promise<SeenPosition> {
    const { meta, stream } = this.#parts.keys.of(room);
    const seenArgs = seen === undefined ? [] : [seen.epoch, seen.seq, seen.at];
    const line = this.#lineOf(room);
    const reply = await this.#parts.redis.runScript(
      OPEN_ROOM,
      [meta, stream],
      [this.#candidateOf(room), NUMBERING_TTL_MS, typeof line === 'string' ? line : await line, ...seenArgs],
    );
    const [epochBytes, seq, at, isStored] = reply as [Buffer, number, number, number];
    const epoch = epochBytes.toString('latin1');
    if (isStored === 1) this.#unstored.delete(room);
    else if (this.#rooms.has(room)) this.#unstored.set(room, epoch);
    return { epoch, seq, at };
  }

  /** `bounds` are the script's: of retention, and of what has been seen. */
  async #read(
    room: string,
    range: HistoryRange,
    bounds: readonly (string | number)[],
  ): Promise<RoomHistory & RepairRead> {
    const { meta, stream } = this.#parts.keys.of(room);
    this.#assertOpen();
    const line = this.#lineOf(room);
    const reply = await this.#parts.redis.runScript(
      READ_HISTORY,
      [meta, stream],
      [
        this.#candidateOf(room),
        EMPTY_NUMBERING_TTL_MS,
        typeof line === 'string' ? line : await line,
        ...pageArgs(range),
        range.maxBytes ?? HISTORY_BYTES,
        ...bounds,
      ],
    );
    const [epochBytes, seq, envelopes, hasMore, ...seen] = reply as [Buffer, number, Buffer[], number, number, number];
    const epoch = epochBytes.toString('latin1');
    const messages = envelopes
      .map((bytes) => decodeStored({ room, epoch }, bytes))
      .filter((message) => message !== undefined);
    const [seenUpTo, isWhole] = seen;
    return { head: { epoch, seq }, messages, hasMore: hasMore === 1, seenUpTo, isContinued: isWhole === 1 };
  }

  /** At once where it is known, so that what asks for it keeps its place among what is asked for in a turn. */
  #lineOf(room: string): string | Promise<string> {
    const line = this.#parts.redis.lineOf(this.#parts.keys.of(room).meta);
    return line.current ?? line.find();
  }

  #unavailable(room: string, what: string): OutcryError {
    const { redis, keys } = this.#parts;
    return new OutcryError('unavailable', `Redis at ${redis.addressOf(keys.of(room).meta)}: ${what}`);
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new OutcryError('closed', 'the broker is closed');
  }
}

/** Direction, its number, limit: as the script takes them. */
function pageArgs(range: HistoryRange): readonly (string | number)[] {
  if ('after' in range) return ['after', range.after, range.limit];
  if ('last' in range) return ['last', range.last, range.last];
  return ['before', range.before ?? '', range.limit];
}

/** A stored message is of the epoch that the room is in, even where it was numbered in an earlier one. */
function decodeStored({ room, epoch }: { room: string; epoch: string }, bytes: Buffer): RoomMessage | undefined {
  const envelope = decodeEnvelope(room, bytes);
  if (envelope?.kind !== 'message') return undefined;
  const { message } = envelope;
  return message.position.epoch === epoch ? message : { ...message, position: { ...message.position, epoch } };
}
