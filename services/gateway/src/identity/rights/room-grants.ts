import { RoomPattern } from './room-pattern.ts';
import type { RoomRight, RoomRights } from './room-rights.ts';

/** The rights that a token gives, by patterns of rooms. All patterns that match a room count. */
export class RoomGrants {
  static readonly NONE = new RoomGrants([]);

  readonly #grants: readonly { readonly pattern: RoomPattern; readonly rights: RoomRights }[];

  constructor(grants: Iterable<readonly [pattern: string, rights: RoomRights]>) {
    this.#grants = [...grants].map(([pattern, rights]) => ({ pattern: new RoomPattern(pattern), rights }));
  }

  has(right: RoomRight, room: string): boolean {
    return this.#grants.some(({ pattern, rights }) => rights.has(right) && pattern.matches(room));
  }
}
