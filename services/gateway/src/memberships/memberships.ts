import type { Position, RequestId } from '@outcry/protocol';

import type { ConflatableStreams } from '../connections/conflatable-streams.ts';
import type { RoomPresence } from '../presence/room-presence.ts';
import type { CatchUp } from '../rooms/catch-up.ts';
import type { Room } from '../rooms/room.ts';
import type { RoomDirectory } from '../rooms/room-directory.ts';
import type { RoomRight } from '../identity/rights/room-rights.ts';
import { HeldRooms, type SlowReader } from './held-rooms.ts';
import { type Member, Membership } from './membership.ts';
import { sendReplay } from './send-replay.ts';

/** What a session needs to be for its memberships. */
export interface MembershipOwner extends Member, SlowReader {
  readonly user: string;
  /** What others are shown of the user, in msgpack. Absent: nothing but the name. */
  readonly info?: Uint8Array | undefined;
}

export interface JoinOptions {
  readonly id: RequestId | undefined;
  readonly since: Position | undefined;
  readonly history: number;
  readonly wantsEcho: boolean;
  readonly wantsPresence: boolean;
  readonly wantsInfo?: boolean | undefined;
}

/** How a session comes in. */
interface Admission {
  readonly options: JoinOptions;
  readonly missed: CatchUp;
  readonly members: number | undefined;
}

export interface MembershipParts {
  readonly rooms: RoomDirectory;
  readonly presence: RoomPresence;
}

/** The rooms of one session. */
export class Memberships implements ConflatableStreams {
  readonly #owner: MembershipOwner;
  readonly #rooms: RoomDirectory;
  readonly #presence: RoomPresence;
  readonly #current = new Map<string, Membership>();
  /** Present once the session has lagged. */
  #held: HeldRooms | undefined;

  constructor(owner: MembershipOwner, { rooms, presence }: MembershipParts) {
    this.#owner = owner;
    this.#rooms = rooms;
    this.#presence = presence;
  }

  /** Rooms but for `@all` and the inbox, those on their way in included. */
  get ordinaryCount(): number {
    let count = 0;
    for (const name of this.#current.keys()) if (!name.startsWith('@')) count += 1;
    return count;
  }

  /** Some of those. */
  firstOrdinary(count: number): string[] {
    const first: string[] = [];
    for (const name of this.#current.keys()) {
      if (first.length === count) break;
      if (!name.startsWith('@')) first.push(name);
    }
    return first;
  }

  has(name: string): boolean {
    return this.#current.has(name);
  }

  get isBehind(): boolean {
    return this.#held?.isBehind ?? false;
  }

  get isHoldingBack(): boolean {
    return this.#held?.isHoldingBack ?? false;
  }

  holdBack(): void {
    for (const membership of this.#current.values()) this.#hold(membership);
  }

  catchUpOne(): void {
    this.#held?.catchUpOne();
  }

  /** Joins, or joins again from what is asked for now. Rejects where the broker cannot be had; then the session is not in. */
  async join(name: string, options: JoinOptions): Promise<void> {
    // Who joins again was there all along.
    const membership = new Membership(this.#owner, options, this.#takeOut(name)?.presentAs);
    this.#current.set(name, membership);
    let countMembers = (): number | undefined => undefined;
    try {
      await this.#rooms.join(name, options, {
        reader: this.#owner,
        isWaiting: () => this.#current.get(name) === membership,
        prepare: async (room) => {
          if (options.wantsPresence) countMembers = await this.#beCounted(membership, room);
        },
        admit: (room, missed) => {
          if (this.#current.get(name) !== membership) return false;
          this.#enter(membership, room, { options, missed, members: countMembers() });
          return true;
        },
      });
    } catch (err) {
      // It has left meanwhile, or asked again: nobody waits for this one.
      if (this.#current.get(name) !== membership) return;
      this.leave(name);
      throw err;
    }
  }

  /** Another is known of the user: from now on the rooms that count this session have it. */
  describe(info: Uint8Array): void {
    for (const [name, { presentAs }] of this.#current) {
      if (presentAs !== undefined) this.#presence.describe(name, presentAs, info);
    }
  }

  /** Whether the session was in the room, or on its way in. */
  leave(name: string): boolean {
    const membership = this.#takeOut(name);
    if (membership?.presentAs !== undefined) this.#presence.leave(name, membership.presentAs);
    return membership !== undefined;
  }

  /** Leaves the rooms for which this says so, and names them. */
  leaveWhere(isOver: (name: string, uses: readonly RoomRight[]) => boolean): readonly string[] {
    const over = [...this.#current].filter(([name, { uses }]) => isOver(name, uses)).map(([name]) => name);
    for (const name of over) this.leave(name);
    return over;
  }

  /** The connection is closed: the session is in no room any more, but its user may be on the way back. */
  close(): void {
    for (const name of [...this.#current.keys()]) {
      const membership = this.#takeOut(name);
      if (membership?.presentAs !== undefined) this.#presence.linger(name, membership.presentAs);
    }
  }

  #hold(membership: Membership, position?: Position): void {
    if (membership.room === undefined) return;
    this.#held ??= new HeldRooms(this.#owner, this.#rooms);
    this.#held.add(membership.room, membership, position);
  }

  /** Ends the membership but for its presence. */
  #takeOut(name: string): Membership | undefined {
    const membership = this.#current.get(name);
    this.#current.delete(name);
    if (membership?.room !== undefined) {
      this.#held?.drop(membership.room);
      membership.room.remove(membership);
      this.#rooms.leave(name);
    }
    return membership;
  }

  /** From now on presence counts this session, once. */
  #appear(membership: Membership, name: string): void {
    if (membership.presentAs !== undefined || !this.#presence.isKept(name)) return;
    membership.presentAs = this.#owner.user;
    this.#presence.enter(name, membership.presentAs, this.#owner.info);
  }

  /**
   * Counts the session and asks how many are there then. Who comes or goes between that and the answer to the join is told to
   * the room before the session hears it, so what was told last is what the session must begin with.
   */
  async #beCounted(membership: Membership, room: Room): Promise<() => number | undefined> {
    if (this.#current.get(room.name) === membership) this.#appear(membership, room.name);
    const known = room.latestMember;
    const count = await this.#presence.count(room.name);
    return () => (room.latestMember === known ? count : room.latestMember?.count);
  }

  /** In one turn: `joined`, what was missed, and live delivery from there on, or once the client has read what was missed. */
  #enter(membership: Membership, room: Room, { options, missed, members }: Admission): void {
    membership.room = room;
    this.#appear(membership, room.name);
    let sent = 0;
    this.#owner.socket.cork(() => {
      room.add(membership);
      this.#owner.sendFrame({
        type: 'joined',
        ...(options.id === undefined ? {} : { id: options.id }),
        room: room.name,
        epoch: missed.from.epoch,
        recovered: missed.isRecovered,
        ...(members === undefined ? {} : { members }),
        seq: missed.from.seq,
        ...(missed.isAway === true ? { away: true } : {}),
      });
      // Or the client, which is past it, would take the next messages for repeats.
      if (missed.isRolledBack) this.#owner.sendFrame({ type: 'reset', room: room.name, ...missed.from });
      if (this.#owner.backlog.hasRoom) sent = sendReplay(this.#owner, membership, missed.messages);
      if (room.isStale) this.#owner.sendFrame({ type: 'stale', room: room.name });
    });
    const seen = missed.messages[sent - 1]?.position ?? missed.from;
    if (this.#owner.backlog.isLagging || !room.isAt(seen)) this.#hold(membership, seen);
  }
}
