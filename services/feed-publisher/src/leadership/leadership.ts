import type { Lease, PresentPublisher, PublisherRoster } from '@outcry/broker';
import { type Logger, processName } from '@outcry/service';
import { ReconcileLoop, unlessFaulty } from '@outcry/worker';

import type { FeedMetrics } from '../observability/feed-metrics.ts';
import { assignSymbols } from './assign-symbols.ts';
import { OfferRecord } from './offer-record.ts';
import { type Candidate, Seat } from './seat.ts';

export interface LeadershipTimes {
  /** After so long without a renewal another publisher takes over. */
  readonly leaseMs: number;
  /** How often leases are renewed, and the other publishers looked at. A third of `leaseMs`, or less. */
  readonly renewMs: number;
  /**
   * A publisher that comes, or comes back, takes nothing for so long: those that start together, or find Redis again, see each
   * other before one of them has everything. Where nobody else can come there is nothing to wait for.
   */
  readonly settleMs: number;
}

/** Of a publisher that is alone by its nature. */
export const LONE_LEADERSHIP: LeadershipTimes = { leaseMs: 3000, renewMs: 1000, settleMs: 0 };

export interface LeadershipOptions {
  /** Names this run of this publisher, and no other. */
  readonly publisher: string;
  readonly lease: Lease;
  readonly roster: PublisherRoster;
  readonly times: LeadershipTimes;
  readonly metrics: FeedMetrics;
  readonly logger: Logger;
}

/**
 * A publisher gets a symbol from one that lives only when it has offered it for so many leases without a break: every move is a
 * new epoch for all watchers, so one that comes and goes gets nothing.
 */
const STEADY_LEASES = 2;

/** Behind the end of a lease by the store's clock, and between two looks. */
const MIN_WAIT_MS = 5;

/**
 * Which symbols this publisher leads. At intervals, and whenever something has changed, it says what it offers, renews its
 * leases, and looks who else is there: a symbol that is its own by `assignSymbols` it takes as soon as nobody holds it, one that
 * is another's it hands over.
 *
 * Who leads is decided by the leases alone. The roster only tells who should try, so publishers that see it differently for a
 * moment do no harm.
 */
export class Leadership {
  readonly #options: LeadershipOptions;
  readonly #seats = new Map<string, Seat>();
  readonly #offers = new OfferRecord();
  readonly #loop = new ReconcileLoop(() => this.#settleAll());
  /** Monotonic: since when it has been present without a break, and when it said so last. */
  #presentSince = 0;
  #presentAt = -Infinity;

  constructor(options: LeadershipOptions) {
    this.#options = options;
  }

  add(candidate: Candidate): void {
    const { lease, times, metrics, logger } = this.#options;
    const seat = new Seat({ candidate, lease, leaseMs: times.leaseMs, by: processName(), metrics, logger });
    this.#seats.set(candidate.symbol, seat);
  }

  /** @throws OutcryError `unavailable`, or `closed`: then nothing runs */
  async start(): Promise<void> {
    await this.#options.lease.watch((name) => {
      if (this.#seats.has(name)) this.hurry();
    });
    this.#loop.start();
  }

  /** Something has changed: looks now rather than in a while. */
  hurry(): void {
    this.#loop.hurry();
  }

  /** The bus has refused a frame of the feed. */
  handleFenced(symbol: string, fence: number): void {
    this.#seats.get(symbol)?.lose(fence, 'a frame was refused');
    this.hurry();
  }

  /** Hands everything over. Never rejects: what cannot be released ends with its time. */
  async stop(): Promise<void> {
    await this.#loop.stop();
    // First, so that nobody expects this publisher to take what is released.
    await unlessFaulty(this.#options.roster.leave(this.#options.publisher));
    await Promise.all([...this.#seats.values()].map((seat) => seat.handOver()));
  }

  /** Resolves with the time from its start until the next is due. */
  async #settleAll(): Promise<number> {
    const { roster, publisher, times } = this.#options;
    const seats = [...this.#seats.values()];
    const offers = seats.filter(({ isOffered }) => isOffered).map(({ symbol }) => symbol);
    // Said before the renewals, so that whoever waits for a lost publisher's presence to end finds its leases about to.
    const attending = unlessFaulty(roster.attend({ publisher, offers }, times.leaseMs));
    const [present] = await Promise.all([attending, ...seats.map((seat) => seat.renew())]);
    if (present === undefined) return times.renewMs;
    this.#notePresence(performance.now());
    this.#offers.update(present, performance.now());
    this.#options.metrics.setPublishers(present.length);
    const assignment = assignSymbols(present);
    const waits = await Promise.all(seats.map((seat) => this.#settle(seat, assignment.get(seat.symbol))));
    const ends = present.map(({ remainingMs }) => remainingMs);
    return Math.min(times.renewMs, ...[...waits, ...ends].map((ms = Infinity) => Math.max(0, ms) + MIN_WAIT_MS));
  }

  /** Resolves with the time after which the seat is to be looked at again, if that is known. */
  async #settle(seat: Seat, assignee: PresentPublisher['publisher'] | undefined): Promise<number | undefined> {
    const { publisher, times } = this.#options;
    const isOwn = assignee === undefined || assignee === publisher;
    if (seat.isLed) {
      const steadySince = performance.now() - STEADY_LEASES * times.leaseMs;
      // Not waited for: the leases of the others have to be renewed meanwhile.
      if (!isOwn && this.#offers.hasOffered(assignee, seat.symbol, steadySince)) void seat.handOver();
      return undefined;
    }
    if (!seat.isOffered) return undefined;
    // Its book came while this was asked for, so nobody was said to offer it. To stand by is for who knows that another leads.
    if (assignee === undefined) return 0;
    if (assignee === publisher) {
      const unsettledMs = this.#presentSince + times.settleMs - performance.now();
      return unsettledMs > 0 ? unsettledMs : seat.take();
    }
    await seat.standBy();
    return undefined;
  }

  #notePresence(now: number): void {
    if (now - this.#presentAt > this.#options.times.leaseMs) this.#presentSince = now;
    this.#presentAt = now;
  }
}
