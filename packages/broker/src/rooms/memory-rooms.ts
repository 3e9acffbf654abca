import type { Position } from '@outcry/protocol';
import type { HubPart, MemoryHub } from '../memory/hub.ts';
import { createMemoryPresence } from '../presence/memory-presence.ts';
import type { MemberEvent } from '../presence/store.ts';
import type {
  HistoryRange,
  Published,
  PublishRequest,
  Retention,
  RoomHistory,
  RoomSignal,
  RoomWeight,
} from './broker.ts';
import { IDEMPOTENCY_WINDOW_MS } from './defaults.ts';
import { createEpoch } from './epoch.ts';
import { notBegun } from './faults.ts';
import { IdempotencyWindow } from './idempotency-window.ts';
import type { Membership } from './membership.ts';
import { MemoryRoom } from './memory-room.ts';
import type { RoomKeeper } from './room-keeper.ts';

const SWEEP_INTERVAL_MS = 60_000;

export function createMemoryRooms(hub: MemoryHub): MemoryRooms {
  const rooms = new MemoryRooms();
  hub.part(createMemoryPresence).watch((event) => {
    rooms.tellMember(event);
  });
  return rooms;
}

/** The rooms of a hub. Every call is one atomic step, because nothing else runs in between. */
export class MemoryRooms implements HubPart {
  readonly #rooms = new Map<string, MemoryRoom>();
  readonly #members = new Map<string, Set<Membership>>();
  readonly #published: IdempotencyWindow;
  #keeper: RoomKeeper | undefined;
  #sweptAt = Date.now();

  constructor(idempotencyWindowMs: number = IDEMPOTENCY_WINDOW_MS) {
    this.#published = new IdempotencyWindow(idempotencyWindowMs);
  }

  /** From now on rooms begin behind what it has, and it is given what is archived. */
  keepBy(keeper: RoomKeeper): void {
    this.#keeper = keeper;
  }

  /** The room's position; its numbering begins here where it has none. */
  open(name: string): Position {
    const room = this.#room(name);
    room.touch(Date.now());
    return room.position;
  }

  enter(name: string, membership: Membership): void {
    const members = this.#members.get(name);
    if (members === undefined) this.#members.set(name, new Set([membership]));
    else members.add(membership);
  }

  exit(name: string, membership: Membership): void {
    const members = this.#members.get(name);
    members?.delete(membership);
    if (members?.size === 0) this.#members.delete(name);
  }

  publish(request: PublishRequest): Published {
    const now = Date.now();
    const key = idempotencyKey(request);
    const known = key === undefined ? undefined : this.#published.find(key, now);
    if (known !== undefined) return { position: known, isDuplicate: true };
    const room = this.#room(request.room);
    if (request.mayBegin === false && room.position.seq === 0) throw notBegun();
    const message = room.append(request, now);
    if (request.retention.isArchived === true) this.#keeper?.keep(message);
    if (key !== undefined) this.#published.remember(key, message.position, now);
    for (const member of this.#members.get(request.room) ?? []) member.deliver(message);
    return { position: message.position, isDuplicate: false };
  }

  signal(signal: RoomSignal): void {
    for (const member of this.#members.get(signal.room) ?? []) member.deliverSignal(signal);
  }

  tellMember(event: MemberEvent): void {
    for (const member of this.#members.get(event.room) ?? []) member.deliverMember(event);
  }

  read(name: string, range: HistoryRange, retention: Retention): RoomHistory {
    return this.#room(name).read(range, retention, Date.now());
  }

  removeHistory(name: string): Position {
    const room = this.#room(name);
    this.#keeper?.forget(name);
    room.removeHistory();
    return room.position;
  }

  weigh(name: string): RoomWeight {
    return this.#rooms.get(name)?.weight ?? { messages: 0, bytes: 0 };
  }

  /** The rooms that somebody has entered. */
  joined(): readonly string[] {
    return [...this.#members.keys()];
  }

  clear(): void {
    this.#rooms.clear();
    this.#published.clear();
  }

  #room(name: string): MemoryRoom {
    const now = Date.now();
    if (now - this.#sweptAt >= SWEEP_INTERVAL_MS) this.#sweep(now);
    let room = this.#rooms.get(name);
    if (room === undefined) {
      const epoch = createEpoch();
      room = new MemoryRoom(now, epoch, this.#keeper?.begin(name, epoch));
      this.#rooms.set(name, room);
    }
    return room;
  }

  #sweep(now: number): void {
    this.#sweptAt = now;
    for (const [name, room] of this.#rooms) {
      if (room.expire(now) && !this.#members.has(name)) this.#rooms.delete(name);
    }
  }
}

function idempotencyKey({ room, idempotency }: PublishRequest): string | undefined {
  return idempotency === undefined ? undefined : JSON.stringify([room, idempotency.sender, idempotency.key]);
}
