import { RoomPattern } from '@outcry/protocol';

import type { RoomRight, RoomRights } from './room-rights.ts';

/** The rights that a token gives, by patterns of rooms. All patterns that match a room count. */
export class RoomGrants {
  static readonly NONE = new RoomGrants([]);

  readonly #grants: readonly { readonly text: string; readonly pattern: RoomPattern; readonly rights: RoomRights }[];

  constructor(grants: Iterable<readonly [pattern: string, rights: RoomRights]>) {
    this.#grants = [...grants].map(([text, rights]) => ({ text, pattern: new RoomPattern(text), rights }));
  }

  /** These, and others besides. */
  with(others: Iterable<readonly [pattern: string, rights: RoomRights]>): RoomGrants {
    const own = this.#grants.map(({ text, rights }) => [text, rights] as const);
    return new RoomGrants([...own, ...others]);
  }

  has(right: RoomRight, room: string): boolean {
    return this.#grants.some(({ pattern, rights }) => rights.has(right) && pattern.matches(room));
  }
}
