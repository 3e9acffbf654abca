import { randomBytes } from 'node:crypto';
import { OutcryError, UnwritableError } from '../outcry-error.ts';
import { PRESENCE_REVIEW_MS } from './defaults.ts';
import type { NodeLease, PresenceTable } from './table.ts';

/** A lease stands beside each user that is in a room by way of it, so its name is short; 72 random bits are never seen twice. */
const LEASE_ID_BYTES = 9;

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
  /** What was written under the lease may be gone, or will be for its age: all of it is to be looked at. */
  handleReview(): void;
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
  /** Leases that were this node's and have to be reaped like those of a lost one. */
  readonly #former = new Set<string>();
  #fence = 0;
  #run = '';
  /** Losses of the connection, and how many of them the lease is known to have outlived. */
  #losses = 0;
  #outlived = 0;
  #hasHeld = false;
  /** When the current unbroken time in force began, and when it was last confirmed. Monotonic. */
  #steadySince = 0;
  #confirmedAt = -Infinity;
  /** What the store had forgotten when it was last asked, and when that was. */
  #evictions = 0;
  #countedAt = -Infinity;
  #mustReview = false;
  #reviewedAt = 0;
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

  /** Takes the first lease; later, where the store takes no writes now. Rejects where that fails otherwise; then nothing runs. */
  async start(): Promise<void> {
    try {
      await this.#confirm();
      if (!this.#hasClosed()) this.#port.handleHeld();
    } catch (error) {
      if (!(error instanceof UnwritableError)) throw error;
      this.#port.handleFault(error);
    }
    if (this.#hasClosed()) throw new OutcryError('closed', 'presence is closed');
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
    this.#lose(lease);
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
    const known = this.#lease;
    if (known !== undefined && !(await this.#isKept(known, this.#outlived < losses))) this.#lose(known);
    const isNew = this.#lease === undefined;
    this.#lease ??= await this.#take();
    this.#outlived = losses;
    if (isNew) this.#showTaken();
    await this.#giveUpFormer();
    this.#review();
  }

  async #isKept(lease: NodeLease, isInDoubt: boolean): Promise<boolean> {
    if (isInDoubt) {
      const reclaimed = await this.#reclaim(lease);
      if (reclaimed === undefined) return false;
      this.#lease = reclaimed;
    }
    const isDue = performance.now() - this.#reviewedAt >= PRESENCE_REVIEW_MS;
    if (isDue && !(await this.#table.keep(lease))) return false;
    this.#mustReview ||= isDue;
    return this.#renew(lease);
  }

  #lose({ id }: NodeLease): void {
    this.#lease = undefined;
    this.#former.add(id);
  }

  /** Their entries stay for as long as a lease lasts, so that nobody is missing while they are written again under another. */
  async #giveUpFormer(): Promise<void> {
    for (const id of this.#former) {
      await this.#table.giveUp(id, this.#times.leaseMs);
      this.#former.delete(id);
    }
  }

  /** At most once in the time of a lease: a store that forgets does so all the time. */
  #review(): void {
    const now = performance.now();
    if (!this.#mustReview || now - this.#reviewedAt < this.#times.leaseMs) return;
    this.#mustReview = false;
    this.#reviewedAt = now;
    if (!this.#isClosed) this.#port.handleReview();
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
    // No oftener than a review follows, because for the store it is half of what a renewal costs (decisions/0121).
    const asksForEvictions = now - this.#countedAt >= leaseMs - renewMs / 2;
    const request = { id, leaseMs, claimMs: 2 * renewMs, maxGapMs, asksForEvictions };
    const { isHeld, expired, evictions } = await this.#table.tend(request);
    if (evictions !== undefined) this.#noteEvictions(evictions, now);
    if (expired.length > 0) this.#port.handleExpired(expired);
    if (isHeld) this.#confirmedAt = now;
    return isHeld;
  }

  #noteEvictions(evictions: number, askedAt: number): void {
    this.#mustReview ||= evictions !== this.#evictions;
    this.#evictions = evictions;
    this.#countedAt = askedAt;
  }

  async #take(): Promise<NodeLease> {
    this.#run = await this.#table.readRun();
    this.#fence = 1;
    const lease = { id: randomBytes(LEASE_ID_BYTES).toString('base64url'), fence: this.#fence };
    await this.#table.begin(lease, this.#times.leaseMs);
    this.#steadySince = this.#confirmedAt = this.#reviewedAt = performance.now();
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
