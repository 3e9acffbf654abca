import { OutcryError, UnwritableError } from '../outcry-error.ts';
import type { BrokerStatus } from '../status.ts';
import { LeaseKeeper, type LeaseTimes } from './lease-keeper.ts';
import { MemberLedger } from './member-ledger.ts';
import type { MemberEvent, PresenceHandler, PresenceStore, RoomMembers } from './store.ts';
import type { PresenceTable } from './table.ts';
import { PresenceWriter } from './writer.ts';

/** Presence over a table that the nodes share: each keeps what is its own here, and writes it under its lease. */
export class LeasedPresence implements PresenceStore {
  readonly #table: PresenceTable;
  readonly #ledger = new MemberLedger();
  readonly #writer: PresenceWriter;
  readonly #keeper: LeaseKeeper;
  readonly #reaping = new Set<string>();
  #handler: PresenceHandler | undefined;
  /** The store was found to take no writes, and has taken none since. */
  #isUnwritable = false;
  #isClosed = false;

  /** `onReview` is called when what is stored may have been forgotten, or would be for its age: others may have stored something, too. */
  constructor(table: PresenceTable, times: LeaseTimes, onReview: () => void = () => undefined) {
    this.#table = table;
    const handleFault = (fault: OutcryError): void => {
      this.#showFault(fault);
    };
    this.#writer = new PresenceWriter(this.#ledger, table, {
      lease: () => this.#keeper.current,
      handleRefused: (lease) => {
        this.#keeper.drop(lease);
      },
      handleLeases: (room, leases) => {
        void this.#lookAfter(room, leases, times.leaseMs);
      },
      handleFault,
    });
    this.#keeper = new LeaseKeeper(
      { table, times },
      {
        handleTaken: (isFirst) => {
          const entries = this.#ledger.forgetWritten();
          if (!isFirst) this.#handler?.handleRestored(entries);
        },
        handleHeld: () => {
          this.#isUnwritable = false;
          this.#writer.resume();
        },
        handleExpired: (ids) => {
          for (const id of ids) void this.#reap(id);
        },
        handleReview: () => {
          table.beginReview();
          this.#writer.review();
          onReview();
        },
        handleFault,
      },
    );
  }

  start(handler: PresenceHandler): Promise<void> {
    this.#handler = handler;
    return this.#keeper.start();
  }

  add(room: string, user: string, info?: Uint8Array): void {
    this.#ledger.add(room, user, info);
    this.#writer.wake();
  }

  describe(room: string, user: string, info: Uint8Array): void {
    this.#ledger.describe(room, user, info);
    this.#writer.wake();
  }

  remove(room: string, user: string): void {
    this.#ledger.remove(room, user);
    this.#writer.wake();
  }

  async count(room: string): Promise<number> {
    this.#assertOpen();
    return (await this.#settle(room)) ?? (await this.#table.list(room, 0)).count;
  }

  async list(room: string, limit: number): Promise<RoomMembers> {
    this.#assertOpen();
    await this.#settle(room);
    return this.#table.list(room, limit);
  }

  async handOver(afterMs: number): Promise<void> {
    try {
      await this.#writer.settleAll();
      const lease = this.#keeper.close();
      if (lease !== undefined) await this.#table.expire(lease.id, afterMs);
    } catch (error) {
      if (error instanceof OutcryError) this.#showFault(error);
    } finally {
      this.close();
    }
  }

  /** Hands on what the room's nodes have been told. */
  deliver(event: MemberEvent): void {
    if (!this.#isClosed) this.#handler?.handleMember(event);
  }

  /** What becomes of the connection to the store. */
  handleStatus(status: BrokerStatus): void {
    if (status === 'down') this.#keeper.doubt();
    else this.#keeper.hurry();
  }

  /** Lets go of everything but the entries, which the lease ends. */
  close(): void {
    this.#isClosed = true;
    this.#keeper.close();
  }

  /** Undefined where the store takes no writes: what it has is all that can be known then. */
  async #settle(room: string): Promise<number | undefined> {
    try {
      return await this.#writer.settle(room);
    } catch (error) {
      if (error instanceof UnwritableError) this.#isUnwritable = true;
      else if (!this.#isUnwritable) throw error;
      return undefined;
    }
  }

  async #reap(id: string): Promise<void> {
    if (this.#reaping.has(id)) return;
    this.#reaping.add(id);
    try {
      const entries = await this.#table.reap(id);
      if (!this.#hasClosed()) this.#handler?.handleReaped(entries);
    } catch (error) {
      if (error instanceof OutcryError) this.#showFault(error);
    } finally {
      this.#reaping.delete(id);
    }
  }

  /** What lost nodes have left in a room though the store has forgotten that they did. */
  async #lookAfter(room: string, leases: readonly string[], leaseMs: number): Promise<void> {
    const others = leases.filter((id) => id !== this.#keeper.current?.id);
    try {
      const entries = await this.#table.lookAfter(others, { room, leaseMs });
      if (entries > 0 && !this.#hasClosed()) this.#handler?.handleReaped(entries);
    } catch (error) {
      if (error instanceof OutcryError) this.#showFault(error);
    }
  }

  #showFault(fault: OutcryError): void {
    if (fault instanceof UnwritableError) this.#isUnwritable = true;
    if (!this.#isClosed && fault.code !== 'closed') this.#handler?.handleFault(fault);
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new OutcryError('closed', 'presence is closed');
  }

  #hasClosed(): boolean {
    return this.#isClosed;
  }
}
