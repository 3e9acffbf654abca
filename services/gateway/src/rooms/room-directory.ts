import {
  type Broker,
  type BrokerPart,
  type BrokerStatus,
  type MemberEvent,
  partitionOf,
  PartitionStatus,
  type RoomMessage,
  type RoomSignal,
} from '@outcry/broker';
import type { Position } from '@outcry/protocol';

import type { Fanout } from '../fanout/audience.ts';
import type { Coalescer } from '../fanout/coalescer.ts';
import { SharedByName } from '../fanout/shared-by-name.ts';
import type { Logger } from '@outcry/service';
import type { ArchiveAbsence } from './archive-absence.ts';
import { type CatchUp, catchUp, type CatchUpRequest, type HistorySource } from './catch-up.ts';
import { MAX_PART_BYTES, type Past, type PastReader, unwanted } from './past.ts';
import { readOn } from './read-on.ts';
import { Room } from './room.ts';

const LINGER_MS = 5000;

export interface RoomDirectoryOptions {
  readonly broker: Broker;
  readonly fanout: Fanout;
  readonly coalescer: Coalescer;
  readonly logger: Logger;
  readonly past: Pick<Past, 'read' | 'pageBytes' | 'keptOf'>;
  /** Absent where nothing is archived. */
  readonly absence?: Pick<ArchiveAbsence, 'wait'> | undefined;
}

/** What is read for a reader that has no room: as little as tells whether there is something. */
const MIN_PART_BYTES = 1;

/** Who joins a room. */
export interface Visitor {
  readonly reader: PastReader;
  /** Whether it still wants to come in: what it missed is not read in vain. */
  readonly isWaiting?: () => boolean;
  /** The room is delivered to this node; what the visitor missed is read when this has resolved. */
  prepare?(room: Room): Promise<void>;
  /** Whether the visitor comes in, with what it missed. */
  admit(room: Room, missed: CatchUp): boolean;
}

/** The rooms of this node: subscribed at the broker with the first member, let go a while after the last. */
export class RoomDirectory {
  readonly #options: RoomDirectoryOptions;
  readonly #rooms: SharedByName<Room>;
  readonly #status = new PartitionStatus('up');

  constructor(options: RoomDirectoryOptions) {
    this.#options = options;
    this.#rooms = new SharedByName({
      create: (name) => this.#create(name),
      start: async (room) => {
        room.begin(await options.broker.join(room.name));
      },
      stop: (room) => {
        this.#leave(room);
      },
      lingerMs: LINGER_MS,
    });
  }

  get size(): number {
    return this.#rooms.size;
  }

  /** The room, if it is delivered to this node. */
  get(name: string): Room | undefined {
    return this.#rooms.get(name);
  }

  /**
   * Makes sure that the room is delivered here and reads what the visitor missed. `admit` looks with `Room.isAt` whether that
   * leads up to what comes live; else the visitor reads on behind it. Where it admits nobody (returns false), or something fails,
   * the room is let go; otherwise `leave` must follow some day.
   */
  async join(name: string, request: CatchUpRequest, visitor: Visitor): Promise<void> {
    const room = await this.#rooms.acquire(name);
    let isAdmitted = false;
    try {
      await visitor.prepare?.(room);
      isAdmitted = visitor.admit(room, await this.#catchUp(room, request, visitor));
    } finally {
      if (!isAdmitted) this.#rooms.release(name);
    }
  }

  /** What a member that was held back at `from` is to be sent next, as much as it is sent at once: as `readOn`. */
  readOn(room: Room, from: Position, reader: PastReader): Promise<readonly RoomMessage[] | 'lost' | 'away'> {
    return readOn(room, from, this.#pastOf(room, { reader }));
  }

  /** As `ArchiveAbsence.wait`. */
  awaitArchive(since: number, isWanted: () => boolean): Promise<boolean> {
    return this.#options.absence?.wait(since, isWanted) ?? Promise.resolve(false);
  }

  leave(name: string): void {
    this.#rooms.release(name);
  }

  relay(message: RoomMessage): void {
    const { metrics } = this.#options.fanout;
    metrics.relayed.inc();
    metrics.relayLag.observe(Math.max(0, Date.now() - message.at) / 1000);
    this.#rooms.get(message.room)?.relay(message);
  }

  relaySignal(signal: RoomSignal): void {
    this.#rooms.get(signal.room)?.relaySignal(signal);
  }

  relayMember(event: MemberEvent): void {
    this.#rooms.get(event.room)?.relayMember(event);
  }

  /** The next message follows `position`; where the room `isWhole` it only has another epoch. */
  reset(name: string, position: Position, isWhole = false): void {
    if (!isWhole) {
      this.#options.fanout.metrics.resets.inc();
      this.#options.logger.warn({ room: name, seq: position.seq }, 'room reset');
    }
    this.#rooms.get(name)?.reset(position, isWhole);
  }

  showStatus(status: BrokerStatus, part: BrokerPart): void {
    this.#status.show(status, part);
    const concerned = new Set(part.partitions);
    for (const room of this.#rooms.values()) {
      if (!concerned.has(partitionOf(room.name))) continue;
      if (status === 'up') room.markFresh();
      else room.markStale();
    }
  }

  close(): void {
    this.#rooms.clear();
  }

  /** Who resumes waits for an archive that is away for a moment: what it has seen leads to nothing else. */
  async #catchUp(room: Room, request: CatchUpRequest, visitor: Visitor): Promise<CatchUp> {
    const startedAt = performance.now();
    const isWanted = (): boolean => visitor.isWaiting?.() !== false;
    for (;;) {
      const missed = await catchUp(room, request, this.#pastOf(room, visitor));
      if (missed.isAway !== true || request.since === undefined) return missed;
      if (!(await this.awaitArchive(startedAt, isWanted))) return missed;
    }
  }

  #pastOf({ name }: Room, { reader, isWaiting }: Pick<Visitor, 'reader' | 'isWaiting'>): HistorySource {
    const { past } = this.#options;
    const partBytes = Math.min(MAX_PART_BYTES, past.pageBytes);
    return {
      kept: past.keptOf(name),
      read: (range, onSent) =>
        past.read(reader, {
          room: name,
          page: () => ({ ...range, maxBytes: reader.backlog.hasRoom ? partBytes : MIN_PART_BYTES }),
          check: () => {
            if (isWaiting?.() === false) throw unwanted();
          },
          onSent,
        }),
    };
  }

  /** A broker that is down may let a room be joined all the same: it takes commands, and is not heard. */
  #create(name: string): Room {
    const room = new Room(name, this.#options.fanout, this.#options.coalescer);
    if (this.#status.of(name) === 'down') room.markStale();
    return room;
  }

  #leave(room: Room): void {
    this.#options.broker.leave(room.name).catch((err: unknown) => {
      this.#options.logger.warn({ err, room: room.name }, 'room not left at the broker');
    });
  }
}
