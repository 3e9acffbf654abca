import { bookChecksum, type Level, OrderBook, parseScaled } from '@outcry/order-book';
import type { ClientFrame, ReceivedFrame, WireLevels } from '@outcry/protocol';

import { toOutcryError } from '../primitives/errors.ts';
import { backoffMs } from './backoff.ts';
import type { BookListener, BookNews, RepairReason } from './book-news.ts';
import type { Emit } from './effects.ts';
import { LATE_MS } from './heartbeat.ts';
import { LeastDelay } from './least-delay.ts';

type Frame<T extends ReceivedFrame['type']> = Extract<ReceivedFrame, { type: T }>;

export type BookFrame = Frame<'snapshot' | 'delta' | 'heartbeat'>;

/** What a book looks like from one side of a wire: a class, by its depth and interval. */
export interface BookClass {
  readonly symbol: string;
  /** Levels a side: 1, 10, 25, 50 or 100; 0 is the whole book. */
  readonly depth: number;
  /** Milliseconds between updates: 100, 250, 1000 or 2000; 0 is every frame of the base feed. */
  readonly interval: number;
}

/** When and as what the latest frame of a book was made. */
export interface BookStamp {
  readonly epoch: string;
  readonly seq: number;
  readonly priceScale: number;
  readonly sizeScale: number;
  /** Unix milliseconds, at the venue. */
  readonly venueAt: number;
  /** Unix milliseconds, at the publisher. */
  readonly at: number;
  readonly venueSeq: number;
}

export interface BookStateOptions extends BookListener {
  readonly bookClass: BookClass;
  readonly hasChecksum: boolean;
  readonly emit: Emit;
  readonly random: () => number;
}

type Phase = 'wanted' | 'asked' | 'live' | 'failed' | 'closed';

/** A class without news gives a heartbeat each second, or each interval where that is longer. */
const HEARTBEAT_MS = 1_000;
const ANSWER_TIMEOUT_MS = 15_000;
const SUBSCRIBE_AGAIN = { baseMs: 1_000, maxMs: 30_000 };
/** A connection that there never is. */
const NONE = -1;
/** Only a book that was right for this long is asked for again at once: one snapshot proves little. */
const STEADY_MS = 10_000;

/** One class of one book: right by every check that the wire allows, or known to be old, or begun anew. */
export class BookState implements BookListener {
  readonly listener: (news: BookNews) => void;
  readonly bookClass: BookClass;
  readonly levels = new OrderBook();
  readonly #options: BookStateOptions;
  #phase: Phase = 'wanted';
  #stamp: BookStamp | undefined;
  #requestId = 0;
  /** The connection that it was asked for on. */
  #askedOn = 0;
  /** The connection from which it comes; 0 where it comes from none. */
  #heardOn = 0;
  #retryAt = 0;
  #attempt = 0;
  #heardAt = 0;
  #liveSince = 0;
  #isStale = true;
  /** Nothing comes, though something should. */
  #isSilent = false;
  /** The gateway does not hear of its feed. */
  #isOldAtGateway = false;
  /** What comes was made seconds ago. */
  #isLate = false;
  /** The connection is not why, and nothing has come since. */
  #isInTime = false;
  /** From the publisher to here, on this connection and in this epoch. */
  readonly #delay = new LeastDelay();
  /** When what is shown was right, by this machine's clock. */
  #rightAt: number | undefined;

  constructor(options: BookStateOptions) {
    this.#options = options;
    this.bookClass = options.bookClass;
    this.listener = options.listener;
  }

  get stamp(): BookStamp | undefined {
    return this.#stamp;
  }

  /** What is shown may be old, or is not there yet. */
  get isStale(): boolean {
    return this.#isStale;
  }

  /** It comes later than its publisher has made it, by seconds. */
  get isLate(): boolean {
    return this.#isLate;
  }

  /** How long ago what is shown was right. */
  ageMs(now: number): number | undefined {
    return this.#rightAt === undefined ? undefined : Math.round(now - this.#rightAt);
  }

  /** The gateway has refused for good. */
  get hasFailed(): boolean {
    return this.#phase === 'failed';
  }

  get nextAlarmAt(): number {
    const silentAt = this.#heardOn === 0 || this.#isSilent ? Infinity : this.#heardAt + this.#silenceMs;
    return Math.min(silentAt, this.#askAgainAt);
  }

  get #askAgainAt(): number {
    const isWaiting = this.#phase === 'asked' || (this.#phase === 'wanted' && this.#retryAt > 0);
    return isWaiting ? this.#retryAt : Infinity;
  }

  /** Whether it comes from this connection. */
  isOn(socket: number): boolean {
    return socket === this.#heardOn;
  }

  is({ symbol, depth, interval }: BookClass): boolean {
    const own = this.bookClass;
    return symbol === own.symbol && depth === own.depth && interval === own.interval;
  }

  handleWelcome(): void {
    this.#attempt = 0;
    this.#delay.forget();
  }

  /** There is another connection beside the one from which it comes: it is asked for there, and heard here until it comes. */
  handleMove(socket: number): void {
    if (this.#phase === 'live' && this.#heardOn !== socket) this.#want();
  }

  /** All connections are lost but one, if there is one. */
  handleLoss(remaining = NONE): void {
    const isHeard = this.#heardOn === remaining;
    if (!isHeard) this.#heardOn = 0;
    if (this.#phase !== 'asked' || this.#askedOn !== remaining) {
      this.#want();
      if (isHeard) this.#phase = 'live';
    }
    this.#showAge();
  }

  handleAlarm(now: number): void {
    if (now < this.nextAlarmAt) return;
    if (now >= this.#askAgainAt) this.#want();
    else this.handleSilence();
  }

  takeSubscribe(now: number, nextId: () => number, socket: number): ClientFrame<unknown> | undefined {
    if (this.#phase !== 'wanted' || this.#retryAt > now) return undefined;
    this.#askedOn = socket;
    this.#phase = 'asked';
    this.#retryAt = now + ANSWER_TIMEOUT_MS;
    this.#requestId = nextId();
    const checksum = this.#options.hasChecksum ? { checksum: true } : {};
    return { type: 'subscribe', id: this.#requestId, ...this.bookClass, ...checksum };
  }

  handleError(frame: Frame<'error'>, now: number): boolean {
    // Live counts, too: the snapshot can be one of a subscription before this one, that was on its way.
    if ((this.#phase !== 'asked' && this.#phase !== 'live') || frame.id !== this.#requestId) return false;
    if (this.#heardOn === this.#askedOn || !frame.retryable) this.#heardOn = 0;
    if (frame.retryable) {
      this.#askAgainLater(now);
      this.#showAge();
    } else {
      this.#phase = 'failed';
      this.#tell({ type: 'failed', error: toOutcryError(frame) });
    }
    return true;
  }

  handleFrame(frame: BookFrame, now: number, socket: number): void {
    const isAnswer = this.#phase === 'asked' && frame.type === 'snapshot' && socket === this.#askedOn;
    if (isAnswer) this.#hear(socket, now);
    else if (socket !== this.#heardOn) return;
    this.#heardAt = now;
    this.#isSilent = false;
    if (frame.type === 'heartbeat' && this.#isInTime) this.#isLate = false;
    const lateMs = frame.type === 'heartbeat' ? 0 : this.#time(frame, now);
    if (frame.type === 'snapshot') this.#begin(frame, now);
    else if (frame.type === 'delta') this.#apply(frame, now);
    else if (frame.seq !== this.#stamp?.seq) this.#repair('gap', now);
    else this.#showAge();
    if (this.#heardOn === 0 || this.#isOldAtGateway) return;
    if (!this.#isLate) this.#rightAt = now;
    else if (frame.type === 'delta') this.#rightAt = now - lateMs;
  }

  /** What the gateway says of its feed. */
  handleFreshness(isStale: boolean, socket: number): void {
    if (socket !== this.#heardOn) return;
    this.#isOldAtGateway = isStale;
    this.#showAge();
  }

  /**
   * What the connection's own answers say of how late everything is; undefined where they say nothing. That it is not holds for
   * a book that is quiet: one whose deltas are late all the same has waited elsewhere.
   */
  handleLateness(isLate: boolean | undefined): void {
    this.#isInTime = isLate === false;
    if (isLate !== true) return;
    this.#isLate = true;
    this.#showAge();
  }

  /** Nothing came for too long, or the gateway has said that nothing will. Whatever comes next ends it. */
  handleSilence(): void {
    this.#isSilent = true;
    this.#showAge();
  }

  close(): ClientFrame<unknown> | undefined {
    const isKnown = this.#phase === 'asked' || this.#heardOn !== 0;
    this.#phase = 'closed';
    this.#heardOn = 0;
    this.#tell({ type: 'closed' });
    return isKnown ? { type: 'unsubscribe', ...this.bookClass } : undefined;
  }

  /** Twice the longest that a live class is silent, and a second for the way. */
  get #silenceMs(): number {
    return 2 * Math.max(HEARTBEAT_MS, this.bookClass.interval) + HEARTBEAT_MS;
  }

  /**
   * How late a frame is, by the quickest that came on this connection. Only a delta is made when it is sent: a snapshot shows
   * when the book last changed, so that it may be old and right.
   */
  #time(frame: Frame<'snapshot' | 'delta'>, now: number): number {
    if (frame.type === 'snapshot' && frame.epoch !== this.#stamp?.epoch) this.#delay.forget();
    if (frame.type === 'delta') this.#isInTime = false;
    const lateMs = this.#delay.see(frame.at, now);
    const isLate = lateMs >= LATE_MS + this.bookClass.interval;
    if (frame.type === 'delta' || !isLate) this.#isLate = isLate;
    return lateMs;
  }

  /** From here on it comes from this connection. */
  #hear(socket: number, now: number): void {
    if (this.#heardOn === 0) this.#liveSince = now;
    else if (socket !== this.#heardOn) this.#delay.forget();
    this.#phase = 'live';
    this.#heardOn = socket;
  }

  #want(): void {
    this.#phase = 'wanted';
    this.#retryAt = 0;
  }

  #begin(frame: Frame<'snapshot'>, now: number): void {
    const { epoch, seq, priceScale, sizeScale, venueAt, at, venueSeq } = frame;
    this.#stamp = { epoch, seq, priceScale, sizeScale, venueAt, at, venueSeq };
    this.levels.applySnapshot(this.#toLevels(frame.bids), this.#toLevels(frame.asks));
    if (!this.#isRight(frame)) {
      this.#repair('checksum', now);
      return;
    }
    // Where the feed is silent still, `stale` follows.
    this.#isOldAtGateway = false;
    this.#isStale = false;
    this.#tell({ type: 'snapshot' });
    this.#showAge();
  }

  #apply(frame: Frame<'delta'>, now: number): void {
    const stamp = this.#stamp;
    if (stamp === undefined || frame.prev !== stamp.seq) {
      this.#repair('gap', now);
      return;
    }
    const bids = this.#toLevels(frame.bids);
    const asks = this.#toLevels(frame.asks);
    this.levels.applyDelta(bids, asks);
    this.#stamp = { ...stamp, seq: frame.seq, venueAt: frame.venueAt, at: frame.at, venueSeq: frame.venueSeq };
    if (!this.#isRight(frame)) {
      this.#repair('checksum', now);
      return;
    }
    this.#tell({ type: 'delta', bids, asks });
    this.#showAge();
  }

  #isRight({ checksum }: { readonly checksum?: number }): boolean {
    return checksum === undefined || checksum === bookChecksum(this.levels.bids(10), this.levels.asks(10));
  }

  /** JSON has decimals and msgpack integers; the scales are the latest snapshot's. */
  #toLevels(levels: WireLevels): Level[] {
    const { priceScale = 0, sizeScale = 0 } = this.#stamp ?? {};
    return levels.map(([price, size]) => [toScaled(price, priceScale), toScaled(size, sizeScale)]);
  }

  #repair(reason: RepairReason, now: number): void {
    this.#tell({ type: 'repair', reason });
    if (now - this.#liveSince >= STEADY_MS) this.#attempt = 0;
    this.#heardOn = 0;
    this.#showAge();
    // It is asked for on another connection already.
    if (this.#phase === 'asked') return;
    this.#want();
    // Once at once; a book that goes wrong again and again must not become a storm of requests.
    if (this.#attempt === 0) this.#attempt = 1;
    else this.#askAgainLater(now);
  }

  #askAgainLater(now: number): void {
    const { random } = this.#options;
    this.#phase = 'wanted';
    this.#retryAt = now + Math.max(1, backoffMs(SUBSCRIBE_AGAIN, { retry: 'wait', attempt: this.#attempt, random }));
    this.#attempt += 1;
  }

  #showAge(): void {
    const isStale = this.#heardOn === 0 || this.#isSilent || this.#isOldAtGateway || this.#isLate;
    if (isStale === this.#isStale) return;
    this.#isStale = isStale;
    this.#tell({ type: isStale ? 'stale' : 'fresh' });
  }

  #tell(news: BookNews): void {
    this.#options.emit({ kind: 'book', book: this, news });
  }
}

function toScaled(value: number | string, scale: number): number {
  return typeof value === 'number' ? value : parseScaled(value, scale);
}
