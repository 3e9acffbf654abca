/** What a session may do in a room. Each is granted by a rule for the room or by the session's token, and by nothing else. */
export const RoomRight = {
  /** Join, get messages and signals, ask for the past. */
  Read: 'read',
  Write: 'write',
  Signal: 'signal',
  /** List and count members, and be told who comes and goes. */
  Presence: 'presence',
} as const;
export type RoomRight = (typeof RoomRight)[keyof typeof RoomRight];

export type RoomRights = ReadonlySet<RoomRight>;

export const ALL_RIGHTS: RoomRights = new Set(Object.values(RoomRight));
export const NO_RIGHTS: RoomRights = new Set();
