/** What a subject keeps in a hub. */
export interface HubPart {
  /** Forgets everything but who listens. */
  clear(): void;
}

/** What a Redis is to a cluster: the state that several backplanes of one process share. Each subject has a part of it. */
export class MemoryHub {
  readonly #parts = new Map<(hub: MemoryHub) => HubPart, HubPart>();

  /** The part that `create` makes: the first call makes it, and all calls return the same one. */
  part<T extends HubPart>(create: (hub: MemoryHub) => T): T {
    let part = this.#parts.get(create);
    if (part === undefined) this.#parts.set(create, (part = create(this)));
    // Under each function lies what it has made.
    return part as T;
  }

  /** What `FLUSHALL` does to Redis: forgets everything but who listens. Rooms begin a new epoch. */
  clear(): void {
    for (const part of this.#parts.values()) part.clear();
  }
}
