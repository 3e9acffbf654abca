import type { MemberList, RoomEvent } from '@outcry/client';

/** Who is in a room, as far as it is known. */
export interface RosterView {
  /** Users in the room, in the whole cluster; undefined while that is not known. */
  readonly count: number | undefined;
  /** Their names, in the order in which they came to be known; not all of them where there are more than 1,000. */
  readonly members: readonly string[];
}

/** Keeps a list of members right: read when the room is joined, and changed by what is told since. */
export class Roster {
  readonly #changed: () => void;
  #members = new Set<string>();
  #count: number | undefined;
  /** What was told while the list was being read; the list may be older or newer than any of it, and the last word is right. */
  #told: Map<string, boolean> | undefined;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  view(): RosterView {
    return { count: this.#count, members: [...this.#members] };
  }

  hear(event: RoomEvent, read: () => Promise<MemberList>): void {
    if (event.type === 'joined') {
      this.#count = event.memberCount;
      void this.#read(read);
    } else if (event.type === 'member') {
      const isThere = event.change === 'joined';
      this.#count = event.count;
      this.#told?.set(event.user, isThere);
      this.#set(event.user, isThere);
    }
  }

  async #read(read: () => Promise<MemberList>): Promise<void> {
    const told = new Map<string, boolean>();
    this.#told = told;
    let list: MemberList;
    try {
      list = await read();
    } catch {
      // Nobody can be asked, or may be: what is told goes on, and the next join reads again.
      if (this.#told === told) this.#told = undefined;
      return;
    }
    if (this.#told !== told) return;
    this.#told = undefined;
    this.#members = new Set(list.members.map(({ user }) => user));
    for (const [user, isThere] of told) this.#set(user, isThere);
    this.#count = told.size === 0 ? list.count : this.#count;
    this.#changed();
  }

  #set(user: string, isThere: boolean): void {
    if (isThere) this.#members.add(user);
    else this.#members.delete(user);
  }
}
