import { randomUUID } from 'node:crypto';
import { OutcryError } from '../outcry-error.ts';
import type { NodeLease, PresenceTable } from './table.ts';

export interface LeaseTimes {
  /** How long a lease lasts from its last renewal. */
  readonly leaseMs: number;
  /** How often it is renewed, and how often those of the others are looked at. A third of `leaseMs`, or less. */
  readonly renewMs: number;
}

export interface LeaseKeeperPort {
  /** There is a lease under which nothing has been written yet. */
  handleTaken(isFirst: boolean): void;
  /** The lease has been found to be in force. */
  handleHeld(): void;
  /** Leases of lost nodes are this one's to reap. */
  handleExpired(ids: readonly string[]): void;
  handleFault(fault: OutcryError): void;
}

/**
 * Keeps this node's lease in force, takes another where it is lost, and notices those of others that have expired.
 *
 * It asks for the leases of others only once its own has been in force for as long as a lease lasts: when the store itself
 * was away, every lease has expired by its clock, and every node must have had the time to renew its own.
 */
export class LeaseKeeper {
  readonly #table: PresenceTable;
  readonly #times: LeaseTimes;
  readonly #port: LeaseKeeperPort;
  #lease: NodeLease | undefined;
  #fence = 0;
  #run = '';
  /** Losses of the connection, and how many of them the lease is known to have outlived. */
  #losses = 0;
  #outlived = 0;
  #hasHeld = false;
  /** When the current unbroken time in force began, and when it was last confirmed. Monotonic. */
  #steadySince = 0;
  #confirmedAt = -Infinity;
  #isBusy = false;
  #mustLookAgain = false;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: { readonly table: PresenceTable; readonly times: LeaseTimes }, port: LeaseKeeperPort) {
    this.#table = options.table;
    this.#times = options.times;
    this.#port = port;
  }

  /** The lease, where it may be written under. */
  get current(): NodeLease | undefined {
    return this.#outlived < this.#losses || this.#isClosed ? undefined : this.#lease;
  }

  /** Takes the first lease. Rejects where that fails; then nothing runs. */
  async start(): Promise<void> {
    await this.#confirm();
    if (this.#hasClosed()) throw new OutcryError('closed', 'presence is closed');
    this.#port.handleHeld();
    this.#timer = setInterval(() => void this.#look(), this.#times.renewMs).unref();
  }

  /** The connection was lost: whether the lease, and what was written under it, still stands has to be found out. */
  doubt(): void {
    this.#losses += 1;
    this.#confirmedAt = -Infinity;
  }

  /** There is reason to look now. */
  hurry(): void {
    // Before the start there is nothing to look after.
    if (this.#timer !== undefined) void this.#look();
  }

  /** The store does not take anything under this lease any more. */
  drop(lease: NodeLease): void {
    if (this.#lease?.id !== lease.id || this.#lease.fence !== lease.fence) return;
    this.#lease = undefined;
    this.hurry();
  }

  /** Renews no more. Returns the lease that was in force. */
  close(): NodeLease | undefined {
    const lease = this.current;
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#timer = undefined;
    return lease;
  }

  async #look(): Promise<void> {
    this.#mustLookAgain = this.#isBusy;
    if (this.#isBusy || this.#isClosed) return;
    this.#isBusy = true;
    try {
      await this.#confirm();
      if (!this.#hasClosed()) this.#port.handleHeld();
    } catch (error) {
      this.#confirmedAt = -Infinity;
      if (error instanceof OutcryError && error.code !== 'closed') this.#port.handleFault(error);
    } finally {
      this.#isBusy = false;
    }
    if (this.#mustLookAgain) void this.#look();
  }

  async #confirm(): Promise<void> {
    const losses = this.#losses;
    if (this.#lease !== undefined && this.#outlived < losses) this.#lease = await this.#reclaim(this.#lease);
    if (this.#lease !== undefined && !(await this.#renew(this.#lease))) this.#lease = undefined;
    const isNew = this.#lease === undefined;
    this.#lease ??= await this.#take();
    this.#outlived = losses;
    if (isNew) this.#showTaken();
  }

  /** The lease under a new fence, or undefined where it, or something written under it, is gone. */
  async #reclaim({ id }: NodeLease): Promise<NodeLease | undefined> {
    if ((await this.#table.readRun()) !== this.#run) return undefined;
    this.#fence += 1;
    const lease = { id, fence: this.#fence };
    return (await this.#table.raiseFence(lease)) ? lease : undefined;
  }

  async #renew({ id }: NodeLease): Promise<boolean> {
    const { leaseMs, renewMs } = this.#times;
    const now = performance.now();
    if (now - this.#confirmedAt > leaseMs) this.#steadySince = now;
    const maxGapMs = now - this.#steadySince >= leaseMs ? 1.5 * renewMs : 0;
    const { isHeld, expired } = await this.#table.tend({ id, leaseMs, claimMs: 2 * renewMs, maxGapMs });
    if (expired.length > 0) this.#port.handleExpired(expired);
    if (isHeld) this.#confirmedAt = now;
    return isHeld;
  }

  async #take(): Promise<NodeLease> {
    this.#run = await this.#table.readRun();
    this.#fence = 1;
    const lease = { id: randomUUID(), fence: this.#fence };
    await this.#table.begin(lease, this.#times.leaseMs);
    this.#steadySince = this.#confirmedAt = performance.now();
    return lease;
  }

  #showTaken(): void {
    const isFirst = !this.#hasHeld;
    this.#hasHeld = true;
    if (!this.#isClosed) this.#port.handleTaken(isFirst);
  }

  #hasClosed(): boolean {
    return this.#isClosed;
  }
}
