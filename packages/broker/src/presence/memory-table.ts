import { setImmediate as nextTurn } from 'node:timers/promises';
import { NOTHING_TOLD, type ToldEvents } from '../events/telling.ts';
import type { MemoryPresence } from './memory-presence.ts';
import type { RoomMembers } from './store.ts';
import type { NodeLease, PresenceTable, Tended, TendRequest, WriteRequest, Written } from './table.ts';

/** The presence of a hub as a node reaches it: a step is taken at once, and settles in a later turn, as over a network. */
export class MemoryPresenceTable implements PresenceTable {
  readonly #presence: MemoryPresence;
  readonly #told: ToldEvents;

  constructor(presence: MemoryPresence, told: ToldEvents = NOTHING_TOLD) {
    this.#presence = presence;
    this.#told = told;
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

  /** A hub forgets a lease with everything of it. */
  giveUp(id: string, afterMs: number): Promise<void> {
    return this.expire(id, afterMs);
  }

  keep(): Promise<boolean> {
    return settle(true);
  }

  write(lease: NodeLease, request: WriteRequest): Promise<Written | 'refused'> {
    return settle(this.#presence.write(lease, request, this.#told));
  }

  list(room: string, limit: number): Promise<RoomMembers> {
    return settle(this.#presence.list(room, limit));
  }

  reap(id: string): Promise<number> {
    return settle(this.#presence.reap(id, this.#told));
  }

  lookAfter(): Promise<number> {
    return settle(0);
  }

  beginReview(): void {
    // A hub forgets nothing by itself.
  }
}

async function settle<T>(value: T): Promise<T> {
  await nextTurn();
  return value;
}
