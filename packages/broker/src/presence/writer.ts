import { OutcryError } from '../outcry-error.ts';
import type { MemberLedger } from './member-ledger.ts';
import type { NodeLease, PresenceTable, Written } from './table.ts';

/** Entries of one write: each is a handful of commands in one step of the store. */
const MAX_ENTRIES = 100;
/** Rooms that are written side by side. More of them wait here, each entry once. */
const MAX_ROOMS_IN_FLIGHT = 32;

export interface PresenceWriterPort {
  /** Under which entries can be written now. */
  lease(): NodeLease | undefined;
  handleRefused(lease: NodeLease): void;
  /** Others have entries in a room that this node has come to, or looks at. */
  handleLeases(room: string, leases: readonly string[]): void;
  handleFault(fault: OutcryError): void;
}

/**
 * Brings the ledger to the store: the first change of a room at once, and those that come while it is being written together
 * behind it. After a fault it rests until `resume`.
 *
 * Where the store shows that it has lost a room, all of the room is written again.
 */
export class PresenceWriter {
  readonly #ledger: MemberLedger;
  readonly #table: PresenceTable;
  readonly #port: PresenceWriterPort;
  /** Rooms that are written by themselves, of which each has one write at a time. */
  readonly #inFlight = new Set<string>();
  /** Writes without an answer by room, those included that somebody waits for. */
  readonly #writes = new Map<string, number>();
  readonly #unreviewed = new Set<string>();
  #isScheduled = false;
  #isResting = false;

  constructor(ledger: MemberLedger, table: PresenceTable, port: PresenceWriterPort) {
    this.#ledger = ledger;
    this.#table = table;
    this.#port = port;
  }

  /** Something has to be written. */
  wake(): void {
    if (this.#isScheduled) return;
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

  /** Looks at every room, behind all that has to be written. */
  review(): void {
    for (const room of this.#ledger.rooms()) this.#unreviewed.add(room);
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
    let written = await this.#write(room);
    if (written.isLost) remaining = this.#ledger.unwrittenCount(room) + MAX_ENTRIES;
    while ((remaining -= MAX_ENTRIES) > 0) written = await this.#write(room);
    return written.count;
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
    for (const rooms of [this.#ledger.unwrittenRooms(), this.#unreviewed]) {
      for (const room of rooms) {
        if (this.#inFlight.size >= MAX_ROOMS_IN_FLIGHT) return;
        if (!this.#inFlight.has(room)) void this.#run(room);
      }
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

  async #write(room: string): Promise<Written & { readonly isLost: boolean }> {
    const lease = this.#port.lease();
    if (lease === undefined) throw new OutcryError('unavailable', 'this node holds no presence lease');
    const entries = this.#ledger.take(room, MAX_ENTRIES);
    const asksForLeases = this.#unreviewed.delete(room);
    const isComplete = !this.#writes.has(room) && this.#ledger.unwrittenCount(room) === 0;
    // As many as the store has of this node behind this write, where nothing else is under way.
    const expected = isComplete ? this.#ledger.userCount(room) : undefined;
    this.#count(room, 1);
    try {
      const written = await this.#table.write(lease, { room, entries, asksForLeases });
      if (written !== 'refused') return { ...written, isLost: this.#compare({ lease, room, expected, written }) };
    } catch (error) {
      this.#ledger.giveBack(room, entries);
      if (asksForLeases) this.#unreviewed.add(room);
      throw error;
    } finally {
      this.#count(room, -1);
    }
    this.#ledger.giveBack(room, entries);
    this.#port.handleRefused(lease);
    throw new OutcryError('unavailable', 'the presence lease of this node is void');
  }

  /** Whether the store has lost what was written of the room; it is to be written again then. */
  #compare(write: {
    readonly lease: NodeLease;
    readonly room: string;
    readonly expected: number | undefined;
    readonly written: Written;
  }): boolean {
    const { lease, room, expected, written } = write;
    if (written.leases.length > 0) this.#port.handleLeases(room, written.leases);
    if (expected === undefined || written.own === expected) return false;
    const isLost = written.own < expected;
    if (isLost) this.#ledger.forgetRoom(room);
    // More than this node knows of: another lease is written from the beginning, and this one cleared away.
    else this.#port.handleRefused(lease);
    this.wake();
    return isLost;
  }

  #count(room: string, change: 1 | -1): void {
    const writes = (this.#writes.get(room) ?? 0) + change;
    if (writes > 0) this.#writes.set(room, writes);
    else this.#writes.delete(room);
  }
}
