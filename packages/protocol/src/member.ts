/** What happened to a user's membership of a room. */
export const MemberChange = { Joined: 'joined', Left: 'left' } as const;
export type MemberChange = (typeof MemberChange)[keyof typeof MemberChange];

/** One user in a room and how many of the user's connections have joined it. */
export interface MemberEntry {
  readonly user: string;
  readonly connections: number;
}
