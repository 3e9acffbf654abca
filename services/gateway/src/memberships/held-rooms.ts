import { OutcryError, type RoomMessage } from '@outcry/broker';
import type { Position, ServerFrame } from '@outcry/protocol';

import { positionOf } from '../rooms/catch-up.ts';
import type { Room } from '../rooms/room.ts';
import type { RoomDirectory } from '../rooms/room-directory.ts';
import type { RoomMember } from '../rooms/room-member.ts';
import { type Reader, sendReplay } from './send-replay.ts';

/** The session that reads slowly. */
export interface SlowReader extends Reader {
  sendFrame(frame: ServerFrame): void;
  /** Something went wrong that no client caused. */
  fail(err: unknown): void;
}

/** A session's place in a room. */
interface HeldSeat {
  readonly room: Room;
  readonly member: RoomMember;
  /** Of the last message that the client was sent. */
  position: Position;
  /** The client was told `stale` before. */
  readonly wasStale: boolean;
  /** Since when the next of what was missed is in an archive that is away, on the clock of the process. */
  awaySince: number | undefined;
}

const RETRY_MS = 1000;

/**
 * The rooms whose messages wait for one slow client. Of each only a position is kept; what was missed is read from the
 * broker, a part at a time and one room at a time, as far as the client has room for it. Where it is not kept any more the
 * client is told `reset`; where it is in an archive that cannot be read, the room waits for that for a moment before.
 */
export class HeldRooms {
  readonly #owner: SlowReader;
  readonly #rooms: RoomDirectory;
  readonly #held = new Map<Room, HeldSeat>();
  /** Of those held, the ones to be read on, the longest waiting first. */
  readonly #waiting = new Set<HeldSeat>();
  #isReading = false;

  constructor(owner: SlowReader, rooms: RoomDirectory) {
    this.#owner = owner;
    this.#rooms = rooms;
  }

  /** Whether there is one that can be read on now. */
  get isBehind(): boolean {
    return this.#waiting.size > 0 && !this.#isReading;
  }

  get isHoldingBack(): boolean {
    return this.#held.size > 0;
  }

  /** Ends delivery from the room for now; the client has been sent what is up to `position`. Repeating it changes nothing. */
  add(room: Room, member: RoomMember, position = room.position): void {
    if (this.#held.has(room) || position === undefined) return;
    const seat: HeldSeat = { room, member, position, wasStale: room.isStale, awaySince: undefined };
    room.holdBack(member);
    this.#held.set(room, seat);
    this.#waiting.add(seat);
  }

  /** The session leaves the room. */
  drop(room: Room): void {
    const seat = this.#held.get(room);
    if (seat === undefined) return;
    this.#held.delete(room);
    this.#waiting.delete(seat);
  }

  /** Begins with one, and goes on with the others while the client has room. */
  catchUpOne(): void {
    const [seat] = this.#waiting;
    if (seat === undefined || this.#isReading) return;
    this.#waiting.delete(seat);
    this.#isReading = true;
    this.#readOn(seat).then(
      () => {
        this.#isReading = false;
        if (this.#owner.backlog.hasRoom) this.catchUpOne();
      },
      (err: unknown) => {
        this.#isReading = false;
        if (err instanceof OutcryError) this.#waitForBroker(seat);
        else this.#owner.fail(err);
      },
    );
  }

  /** Part after part while the client has room, and back to live delivery behind the last. */
  async #readOn(seat: HeldSeat): Promise<void> {
    const { room } = seat;
    do {
      const next = await this.#rooms.readOn(room, seat.position, this.#owner);
      if (this.#held.get(room) !== seat) return;
      if (next === 'away') {
        this.#waitForArchive(seat);
        return;
      }
      if (next === 'lost') this.#startAfresh(seat);
      else this.#send(seat, next);
    } while (this.#held.get(room) === seat && this.#owner.backlog.hasRoom);
    if (this.#held.get(room) === seat) this.#waiting.add(seat);
  }

  /** As many as the client has room for; behind the last that the room has relayed by now comes live delivery. */
  #send(seat: HeldSeat, messages: readonly RoomMessage[]): void {
    seat.awaySince = undefined;
    const sent = sendReplay(this.#owner, seat.member, messages);
    seat.position = messages[sent - 1]?.position ?? seat.position;
    if (seat.room.isAt(seat.position)) this.#goLive(seat, 'caughtUp');
  }

  #startAfresh(seat: HeldSeat, { isAway = false } = {}): void {
    const away = isAway ? { away: true } : {};
    this.#owner.sendFrame({ type: 'reset', room: seat.room.name, ...positionOf(seat.room), ...away });
    this.#goLive(seat, 'reset');
  }

  #goLive({ room, member, wasStale }: HeldSeat, outcome: 'caughtUp' | 'reset'): void {
    this.#held.delete(room);
    if (room.isStale !== wasStale) this.#owner.sendFrame({ type: wasStale ? 'fresh' : 'stale', room: room.name });
    room.resume(member, outcome);
  }

  /** The other rooms go on meanwhile. */
  #waitForArchive(seat: HeldSeat): void {
    seat.awaySince ??= performance.now();
    const isHeld = (): boolean => this.#held.get(seat.room) === seat;
    this.#rooms
      .awaitArchive(seat.awaySince, isHeld)
      .then((isWorthwhile) => {
        if (!isHeld()) return;
        if (isWorthwhile) this.#waiting.add(seat);
        else this.#startAfresh(seat, { isAway: true });
      })
      .catch((err: unknown) => {
        this.#owner.fail(err);
      });
  }

  #waitForBroker(seat: HeldSeat): void {
    setTimeout(() => {
      if (this.#held.get(seat.room) === seat) this.#waiting.add(seat);
    }, RETRY_MS).unref();
  }
}
