import type { MemberEntry } from '@outcry/protocol';

/**
 * What a node itself has to say about presence: who has how many connections in which room by way of it, and of whom the
 * store does not know it yet. Values are absolute, so that writing one twice changes nothing.
 */
export class MemberLedger {
  readonly #rooms = new Map<string, Map<string, number>>();
  /** By the users of a room, with whom it goes, of those of whom something is known. */
  readonly #info = new WeakMap<ReadonlyMap<string, number>, Map<string, Uint8Array>>();
  readonly #unwritten = new Map<string, Set<string>>();

  add(room: string, user: string, info?: Uint8Array): void {
    let users = this.#rooms.get(room);
    if (users === undefined) this.#rooms.set(room, (users = new Map<string, number>()));
    users.set(user, (users.get(user) ?? 0) + 1);
    if (info !== undefined) this.#keepInfo(users, user, info);
    this.#mark(room, user);
  }

  /** Does nothing where the user has no connection. */
  describe(room: string, user: string, info: Uint8Array): void {
    const users = this.#rooms.get(room);
    if (users?.has(user) !== true) return;
    this.#keepInfo(users, user, info);
    this.#mark(room, user);
  }

  /** Does nothing where the user has no connection. */
  remove(room: string, user: string): void {
    const users = this.#rooms.get(room);
    const connections = users?.get(user);
    if (users === undefined || connections === undefined) return;
    if (connections > 1) users.set(user, connections - 1);
    else {
      users.delete(user);
      this.#info.get(users)?.delete(user);
    }
    if (users.size === 0) this.#rooms.delete(room);
    this.#mark(room, user);
  }

  /** Rooms of which something is not written, those that have waited longest first. */
  unwrittenRooms(): MapIterator<string> {
    return this.#unwritten.keys();
  }

  /** Rooms in which somebody is. */
  rooms(): MapIterator<string> {
    return this.#rooms.keys();
  }

  userCount(room: string): number {
    return this.#rooms.get(room)?.size ?? 0;
  }

  unwrittenCount(room: string): number {
    return this.#unwritten.get(room)?.size ?? 0;
  }

  /** Takes up to `max` entries that are to be written; whoever takes them gives them back where that fails. */
  take(room: string, max: number): MemberEntry<Uint8Array>[] {
    const waiting = this.#unwritten.get(room);
    const taken: MemberEntry<Uint8Array>[] = [];
    if (waiting === undefined) return taken;
    const users: ReadonlyMap<string, number> = this.#rooms.get(room) ?? new Map();
    const known = this.#info.get(users);
    for (const user of waiting) {
      if (taken.length === max) return taken;
      waiting.delete(user);
      const info = known?.get(user);
      const connections = users.get(user) ?? 0;
      taken.push(info === undefined ? { user, connections } : { user, connections, info });
    }
    this.#unwritten.delete(room);
    return taken;
  }

  giveBack(room: string, entries: readonly MemberEntry[]): void {
    for (const { user } of entries) this.#mark(room, user);
  }

  /** Nothing is written: the store is to be told everything, and nothing of what is not here. Returns how many entries. */
  forgetWritten(): number {
    this.#unwritten.clear();
    let entries = 0;
    for (const [room, users] of this.#rooms) {
      this.#unwritten.set(room, new Set(users.keys()));
      entries += users.size;
    }
    return entries;
  }

  /** The store has lost the room: it is to be told everything of it. */
  forgetRoom(room: string): void {
    for (const user of this.#rooms.get(room)?.keys() ?? []) this.#mark(room, user);
  }

  #keepInfo(users: ReadonlyMap<string, number>, user: string, info: Uint8Array): void {
    const known = this.#info.get(users);
    if (known === undefined) this.#info.set(users, new Map([[user, info]]));
    else known.set(user, info);
  }

  #mark(room: string, user: string): void {
    const waiting = this.#unwritten.get(room);
    if (waiting === undefined) this.#unwritten.set(room, new Set([user]));
    else waiting.add(user);
  }
}
