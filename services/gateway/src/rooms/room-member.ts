import type { Follower } from '../fanout/audience.ts';

/** A connection's membership of one room, as the room sees it. */
export interface RoomMember extends Follower {
  readonly connection: string;
  /** Own messages come back. */
  readonly wantsEcho: boolean;
  /** `member` frames are wanted. */
  readonly wantsPresence: boolean;
  /** Messages come with the info of their sender. Absent: they do not. */
  readonly wantsInfo?: boolean | undefined;
}
