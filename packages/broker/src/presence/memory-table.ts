import { setImmediate as nextTurn } from 'node:timers/promises';
import type { MemberEntry } from '@outcry/protocol';
import type { MemoryPresence } from './memory-presence.ts';
import type { RoomMembers } from './store.ts';
import type { NodeLease, PresenceTable, Tended, TendRequest } from './table.ts';

/** The presence of a hub as a node reaches it: a step is taken at once, and settles in a later turn, as over a network. */
export class MemoryPresenceTable implements PresenceTable {
  readonly #presence: MemoryPresence;

  constructor(presence: MemoryPresence) {
    this.#presence = presence;
  }

  /** What a hub forgets it forgets with its leases. */
  readRun(): Promise<string> {
    return settle('memory');
  }

  begin(lease: NodeLease, leaseMs: number): Promise<void> {
    this.#presence.begin(lease, leaseMs);
    return settle(undefined);
  }

  raiseFence(lease: NodeLease): Promise<boolean> {
    return settle(this.#presence.raiseFence(lease));
  }

  tend(request: TendRequest): Promise<Tended> {
    return settle(this.#presence.tend(request));
  }

  expire(id: string, afterMs: number): Promise<void> {
    this.#presence.expire(id, afterMs);
    return settle(undefined);
  }

  write(lease: NodeLease, room: string, entries: readonly MemberEntry[]): Promise<number | 'refused'> {
    return settle(this.#presence.write(lease, room, entries));
  }

  list(room: string, limit: number): Promise<RoomMembers> {
    return settle(this.#presence.list(room, limit));
  }

  reap(id: string): Promise<number> {
    return settle(this.#presence.reap(id));
  }
}

async function settle<T>(value: T): Promise<T> {
  await nextTurn();
  return value;
}
