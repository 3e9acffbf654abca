/** What happened to a user's membership of a room. */
export const MemberChange = { Joined: 'joined', Left: 'left' } as const;
export type MemberChange = (typeof MemberChange)[keyof typeof MemberChange];

/** One user in a room and how many of the user's connections have joined it. `P` is how `info` is held. */
export interface MemberEntry<P = unknown> {
  readonly user: string;
  readonly connections: number;
  /** Who that is, where it is known: an object. */
  readonly info?: P | undefined;
}
