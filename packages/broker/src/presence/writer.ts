import type { MemberEntry } from '@outcry/protocol';
import { OutcryError } from '../outcry-error.ts';
import type { MemberLedger } from './member-ledger.ts';
import type { NodeLease, PresenceTable } from './table.ts';

/** Entries of one write: each is a handful of commands in one step of the store. */
const MAX_ENTRIES = 100;
/** Rooms that are written side by side. More of them wait here, each entry once. */
const MAX_ROOMS_IN_FLIGHT = 32;

export interface PresenceWriterPort {
  /** Under which entries can be written now. */
  lease(): NodeLease | undefined;
  handleRefused(lease: NodeLease): void;
  handleFault(fault: OutcryError): void;
}

/**
 * Brings the ledger to the store: the first change of a room at once, and those that come while it is being written together
 * behind it. After a fault it rests until `resume`.
 */
export class PresenceWriter {
  readonly #ledger: MemberLedger;
  readonly #table: PresenceTable;
  readonly #port: PresenceWriterPort;
  readonly #inFlight = new Set<string>();
  #isScheduled = false;
  #isResting = false;

  constructor(ledger: MemberLedger, table: PresenceTable, port: PresenceWriterPort) {
    this.#ledger = ledger;
    this.#table = table;
    this.#port = port;
  }

  /** Something has to be written. */
  wake(): void {
    if (this.#isScheduled || this.#isResting) return;
    this.#isScheduled = true;
    // What changes in the same turn goes together.
    queueMicrotask(() => {
      this.#isScheduled = false;
      this.#pump();
    });
  }

  /** There is reason to believe that writing works. */
  resume(): void {
    this.#isResting = false;
    this.wake();
  }

  /**
   * Writes what there is of the room, and resolves with the users in it.
   *
   * @throws OutcryError `unavailable`, or `closed`
   */
  async settle(room: string): Promise<number> {
    // What is added from now on may wait: in a busy room there would be no end of it.
    let remaining = this.#ledger.unwrittenCount(room);
    let count = await this.#write(room);
    while ((remaining -= MAX_ENTRIES) > 0) count = await this.#write(room);
    return count;
  }

  /** Writes everything. Rejects as `settle` does. */
  async settleAll(): Promise<void> {
    for (;;) {
      const rooms = [...this.#ledger.unwrittenRooms()].slice(0, MAX_ROOMS_IN_FLIGHT);
      if (rooms.length === 0) return;
      await Promise.all(rooms.map((room) => this.settle(room)));
    }
  }

  #pump(): void {
    if (this.#isResting || this.#port.lease() === undefined) return;
    for (const room of this.#ledger.unwrittenRooms()) {
      if (this.#inFlight.size >= MAX_ROOMS_IN_FLIGHT) return;
      if (!this.#inFlight.has(room)) void this.#run(room);
    }
  }

  async #run(room: string): Promise<void> {
    this.#inFlight.add(room);
    try {
      await this.#write(room);
    } catch (error) {
      this.#isResting = true;
      if (error instanceof OutcryError && error.code !== 'closed') this.#port.handleFault(error);
    } finally {
      this.#inFlight.delete(room);
      this.wake();
    }
  }

  async #write(room: string): Promise<number> {
    const lease = this.#port.lease();
    if (lease === undefined) throw new OutcryError('unavailable', 'this node holds no presence lease');
    const entries: readonly MemberEntry[] = this.#ledger.take(room, MAX_ENTRIES);
    try {
      const count = await this.#table.write(lease, room, entries);
      if (count !== 'refused') return count;
    } catch (error) {
      this.#ledger.giveBack(room, entries);
      throw error;
    }
    this.#ledger.giveBack(room, entries);
    this.#port.handleRefused(lease);
    throw new OutcryError('unavailable', 'the presence lease of this node is void');
  }
}
