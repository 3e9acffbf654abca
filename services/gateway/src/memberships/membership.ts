import type { Encoding } from '@outcry/protocol';

import type { Room } from '../rooms/room.ts';
import type { RoomMember } from '../rooms/room-member.ts';
import { RoomRight } from '../identity/rights/room-rights.ts';
import type { ClientSocket } from '../transport/client-socket.ts';

/** Whose membership it is. */
export type Member = Pick<RoomMember, 'connection' | 'socket' | 'encoding'>;

/** What a member wants of a room. */
export type Wishes = Pick<RoomMember, 'wantsEcho' | 'wantsPresence' | 'wantsInfo'>;

const TO_READ: readonly RoomRight[] = [RoomRight.Read];
const TO_READ_AND_SEE: readonly RoomRight[] = [RoomRight.Read, RoomRight.Presence];

/**
 * A session's membership of one room. It counts from the moment it is asked for, so that what is sent behind a join need not
 * wait for its answer.
 */
export class Membership implements RoomMember {
  readonly wantsEcho: boolean;
  readonly wantsPresence: boolean;
  readonly wantsInfo: boolean;
  /** Present once the room has let the session in. */
  room: Room | undefined;
  /** Whom the room's presence counts this session for. */
  presentAs: string | undefined;
  readonly #owner: Member;

  constructor(owner: Member, { wantsEcho, wantsPresence, wantsInfo = false }: Wishes, presentAs: string | undefined) {
    this.#owner = owner;
    this.wantsEcho = wantsEcho;
    this.wantsPresence = wantsPresence;
    this.wantsInfo = wantsInfo;
    this.presentAs = presentAs;
  }

  get connection(): string {
    return this.#owner.connection;
  }

  get socket(): ClientSocket {
    return this.#owner.socket;
  }

  get encoding(): Encoding {
    return this.#owner.encoding;
  }

  /** The rights that it rests on. */
  get uses(): readonly RoomRight[] {
    return this.wantsPresence ? TO_READ_AND_SEE : TO_READ;
  }
}
