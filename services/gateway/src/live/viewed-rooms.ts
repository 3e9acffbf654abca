import { type ClientFrameOf, RequestError, type ServerFrame } from '@outcry/protocol';

import { Backlog, type BacklogLimits } from '../connections/backlog.ts';
import type { ConsoleMetrics } from '../observability/console-metrics.ts';
import type { LiveRoom, RoomMember } from './live-room.ts';
import type { LiveRooms } from './live-rooms.ts';
import type { LiveSocket } from './live-socket.ts';

export interface ViewedRoomsParts {
  readonly rooms: Pick<LiveRooms, 'join' | 'leave'>;
  readonly limits: { readonly maxRooms: number; readonly backlog: BacklogLimits };
  readonly metrics: Pick<ConsoleMetrics, 'messages'>;
}

/** Of the socket that they are seen on. */
export interface ViewerPort {
  readonly socket: Pick<LiveSocket, 'send' | 'bufferedBytes'>;
  sendFrame(frame: ServerFrame): void;
  /** It reads too slowly to be kept. */
  giveUp(): void;
}

/**
 * The rooms of one socket, and what it has not read. One that reads slowly is told nothing more until it has read most of that, and then
 * to read its rooms anew: they keep their newest message, so however many it has missed, it gets one.
 */
export class ViewedRooms implements RoomMember {
  readonly #port: ViewerPort;
  readonly #parts: ViewedRoomsParts;
  readonly #backlog: Backlog;
  readonly #rooms = new Map<string, LiveRoom>();
  /** Those of which something was left out. */
  readonly #behind = new Set<LiveRoom>();

  constructor(port: ViewerPort, parts: ViewedRoomsParts) {
    this.#port = port;
    this.#parts = parts;
    this.#backlog = new Backlog(port.socket, parts.limits.backlog);
  }

  /** When the viewer was last seen to read something that had waited for it. */
  get readAt(): number {
    return this.#backlog.readAt;
  }

  /** @throws RequestError as `LiveRooms.join` */
  join({ id, room: name, since, history }: ClientFrameOf<'join'>): void {
    const room = this.#rooms.get(name) ?? this.#open(name);
    const head = room.seq;
    // All that is retained is the newest message.
    const isRecovered = since?.epoch === room.epoch && (since.seq === head || since.seq === head - 1);
    const hasNewest = isRecovered ? since.seq === head : history === 0;
    const seq = hasNewest || head === 0 ? head : head - 1;
    const answer = { type: 'joined', room: name, epoch: room.epoch, recovered: isRecovered, seq } as const;
    this.#port.sendFrame(id === undefined ? answer : { ...answer, id });
    this.#behind.delete(room);
    if (seq < head && room.newest !== undefined) this.tell(room, room.newest);
  }

  /** @throws RequestError `notJoined` */
  leave(name: string): void {
    const room = this.#rooms.get(name);
    if (room === undefined) throw new RequestError('notJoined', `not in ${name}`);
    this.#rooms.delete(name);
    this.#behind.delete(room);
    this.#parts.rooms.leave(room, this);
  }

  tell(room: LiveRoom, frame: Uint8Array): void {
    this.look();
    const { messages } = this.#parts.metrics;
    if (this.#backlog.isLagging) {
      this.#behind.add(room);
      messages.labels('conflated').inc();
      return;
    }
    this.#port.socket.send(frame);
    messages.labels('sent').inc();
  }

  /** Sees what the viewer has read, and does what follows from that. */
  look(): void {
    switch (this.#backlog.judge(performance.now(), this.#behind.size > 0)) {
      case 'close':
        this.#port.giveUp();
        return;
      case 'holdBack':
        this.#port.sendFrame({ type: 'lagging', bufferedBytes: this.#backlog.unreadBytes });
        return;
      case 'room':
        this.#catchUp();
        return;
      case 'wait':
    }
  }

  /** Nobody looks any more. */
  end(): void {
    for (const room of this.#rooms.values()) this.#parts.rooms.leave(room, this);
    this.#rooms.clear();
    this.#behind.clear();
  }

  #open(name: string): LiveRoom {
    const { rooms, limits } = this.#parts;
    if (this.#rooms.size >= limits.maxRooms) {
      throw new RequestError('limitReached', `a connection may be in ${String(limits.maxRooms)} rooms`);
    }
    const room = rooms.join(name, this);
    this.#rooms.set(name, room);
    return room;
  }

  /** Whoever is told so joins again, and gets what is newest then. */
  #catchUp(): void {
    for (const { name, epoch, seq } of this.#behind) this.#port.sendFrame({ type: 'reset', room: name, epoch, seq });
    this.#behind.clear();
  }
}
