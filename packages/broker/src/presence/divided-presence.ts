import type { PresenceHandler, PresenceStore, RoomMembers } from './store.ts';

/**
 * Presence in several stores, each with rooms of its own: where one is away, those of the others go on. A node has a lease in each of
 * them, and loses each by itself.
 */
export class DividedPresence implements PresenceStore {
  readonly #parts: readonly PresenceStore[];
  readonly #of: (room: string) => PresenceStore;

  /** @param of the one that has a room */
  constructor(parts: readonly PresenceStore[], of: (room: string) => PresenceStore) {
    this.#parts = parts;
    this.#of = of;
  }

  async start(handler: PresenceHandler): Promise<void> {
    await Promise.all(this.#parts.map((part) => part.start(handler)));
  }

  add(room: string, user: string, info?: Uint8Array): void {
    this.#of(room).add(room, user, info);
  }

  describe(room: string, user: string, info: Uint8Array): void {
    this.#of(room).describe(room, user, info);
  }

  remove(room: string, user: string): void {
    this.#of(room).remove(room, user);
  }

  count(room: string): Promise<number> {
    return this.#of(room).count(room);
  }

  list(room: string, limit: number): Promise<RoomMembers> {
    return this.#of(room).list(room, limit);
  }

  async handOver(afterMs: number): Promise<void> {
    await Promise.all(this.#parts.map((part) => part.handOver(afterMs)));
  }
}
