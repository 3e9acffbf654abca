import type { RoomGrants } from '../identity/rights/room-grants.ts';

/** What became of something that the operator's server wanted of a session. */
export const Served = {
  Done: 'done',
  /** There was nothing to do: it was in the room already, or not in it. */
  Nothing: 'nothing',
  /** It is in as many rooms as it may be. */
  Limit: 'limit',
  /** The client reads too slowly for what is said in passing. */
  Lagging: 'lagging',
  /** The broker could not be had. */
  Unavailable: 'unavailable',
} as const;
export type Served = (typeof Served)[keyof typeof Served];

/** Something that the operator's server says to one connection. */
export interface Saying {
  readonly name: string;
  /** Encoded. */
  readonly data?: Uint8Array;
}

/** A session as the operator's server may change it. Nothing throws, and no promise rejects. */
export interface ServedSession {
  /** Puts it into a room, which it may read from then on: as long as it lasts, or until `unsubscribe`. */
  subscribe(room: string): Promise<Served>;
  /** Takes it out of a room, and takes back what `subscribe` gave. The client is told. */
  unsubscribe(room: string): Served;
  send(saying: Saying): Served;
  /** These rights count in place of its token's, until there is a newer token. It leaves the rooms that it may not be in then. */
  refresh(grants: RoomGrants): Served;
}
