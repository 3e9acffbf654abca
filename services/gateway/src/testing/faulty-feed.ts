import { type FeedDelta, type FeedSnapshot, OutcryError, type StoredBook } from '@outcry/broker';

import { FakeFeed } from './fake-feed.ts';
import type { SeededRandom } from './seeded-random.ts';

type Level = readonly [price: number, size: number];

/** The book as it was at one `seq`: both sides in full, best first. */
export interface PastBook {
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
}

export interface FeedFaults {
  /** Makes every delta seem to follow what the replica holds: as if nobody looked at `prev`. */
  readonly hidesGaps: boolean;
}

const LEVELS_OF_A_SIDE = 14;
const MID = 100;
const LOST_PERCENT = 12;
const LATE_PERCENT = 12;
const REPEATED_PERCENT = 12;
const READ_FAULT_PERCENT = 15;

/** A publisher of one book and the way from it to a gateway, on which frames are lost, late, out of order and repeated. */
export class FaultyFeed extends FakeFeed {
  /** Every state that the publisher ever had, by epoch and seq. */
  readonly history = new Map<string, PastBook>();
  readonly #symbol: string;
  readonly #random: SeededRandom;
  readonly #faults: FeedFaults;
  readonly #bids = new Map<number, number>();
  readonly #asks = new Map<number, number>();
  readonly #late: (() => void)[] = [];
  readonly #reads: (() => void)[] = [];
  #isFaulty = true;
  #epochs = 0;
  #seq = 0;
  #deliveredSeq = 0;

  constructor(symbol: string, random: SeededRandom, faults: FeedFaults) {
    super();
    this.#symbol = symbol;
    this.#random = random;
    this.#faults = faults;
    this.announce(symbol);
    this.startEpoch();
  }

  /** The book as it is now. */
  get now(): PastBook {
    return this.#past();
  }

  /** A publisher that starts anew, with other levels. */
  startEpoch(): void {
    this.#epochs += 1;
    this.#seq = 1;
    this.#change(this.#bids, MID - 1, -1);
    this.#change(this.#asks, MID, 1);
    this.#remember();
    this.sendSnapshot();
  }

  sendSnapshot(): void {
    const frame: FeedSnapshot = { ...this.#head(), ...this.#past(), priceScale: 1, sizeScale: 0 };
    this.storeSnapshot(frame);
    this.#deliver(() => {
      this.handlerOf(this.#symbol)?.handleSnapshot(frame);
      this.#deliveredSeq = frame.seq;
    });
  }

  /** Changes some levels, or none. */
  move(): void {
    const prev = this.#seq;
    this.#seq += 1;
    const changes = { bids: this.#change(this.#bids, MID - 1, -1), asks: this.#change(this.#asks, MID, 1) };
    this.#remember();
    const frame: FeedDelta = { ...this.#head(), ...changes, prev };
    this.storeDelta(frame);
    this.#deliver(() => {
      this.handlerOf(this.#symbol)?.handleDelta(
        this.#faults.hidesGaps ? { ...frame, prev: this.#deliveredSeq } : frame,
      );
      this.#deliveredSeq = Math.max(frame.seq, this.#deliveredSeq);
    });
  }

  /** A sign of life. */
  pulse(): void {
    const { symbol, epoch, seq } = this.#head();
    this.#deliver(() => this.handlerOf(symbol)?.handlePulse({ symbol, epoch, seq }));
  }

  /** What was late arrives, in any order; what was asked for is answered. */
  catchUp(): void {
    const late = this.#late.splice(0);
    while (late.length > 0) late.splice(this.#random.below(late.length), 1)[0]?.();
    for (const answer of this.#reads.splice(0)) answer();
  }

  /** From here on everything arrives, once and in order. */
  heal(): void {
    this.#isFaulty = false;
    this.catchUp();
  }

  override readBook(symbol: string): Promise<StoredBook | undefined> {
    if (!this.#isFaulty) return super.readBook(symbol);
    // Redis answers with what it had at some moment between question and answer.
    const early = this.#random.chance(50) ? super.readBook(symbol) : undefined;
    const isFault = this.#random.chance(READ_FAULT_PERCENT);
    return new Promise((resolve, reject) => {
      this.#reads.push(() => {
        if (isFault) reject(new OutcryError('unavailable', 'injected'));
        else resolve(early ?? super.readBook(symbol));
      });
    });
  }

  get #epoch(): string {
    return `e${String(this.#epochs)}`;
  }

  #deliver(deliver: () => void): void {
    if (!this.#isFaulty) {
      deliver();
      return;
    }
    if (this.#random.chance(LOST_PERCENT)) return;
    if (this.#random.chance(REPEATED_PERCENT)) this.#late.push(deliver);
    if (this.#random.chance(LATE_PERCENT)) this.#late.push(deliver);
    else deliver();
  }

  #change(side: Map<number, number>, best: number, step: number): Level[] {
    return Array.from({ length: this.#random.below(4) }, () => {
      const price = best + step * this.#random.below(LEVELS_OF_A_SIDE);
      const size = this.#random.chance(35) ? 0 : 1 + this.#random.below(500);
      if (size === 0) side.delete(price);
      else side.set(price, size);
      return [price, size] as const;
    });
  }

  #head(): Pick<FeedDelta, 'symbol' | 'epoch' | 'seq' | 'venueSeq' | 'venueAt' | 'at'> {
    return { symbol: this.#symbol, epoch: this.#epoch, seq: this.#seq, venueSeq: this.#seq, venueAt: 1, at: 1 };
  }

  #past(): PastBook {
    return {
      bids: [...this.#bids].sort((a, b) => b[0] - a[0]),
      asks: [...this.#asks].sort((a, b) => a[0] - b[0]),
    };
  }

  #remember(): void {
    this.history.set(`${this.#epoch}/${String(this.#seq)}`, this.#past());
  }
}
