import type { FeedDelta, FeedSnapshot } from '@outcry/broker';
import { OrderBook } from '@outcry/order-book';
import { formatScaled, type Level } from '@outcry/protocol';
import { type BookTickerOracle, normalizeDecimal } from '@outcry/testkit';

export type Frame = FeedSnapshot | FeedDelta;

export function isSnapshot(frame: Frame): frame is FeedSnapshot {
  return 'priceScale' in frame;
}

export interface OracleResult {
  readonly epochs: number;
  readonly deltas: number;
  /** Frames whose top of book the oracle knows. */
  readonly checked: number;
  readonly mismatches: readonly unknown[];
}

/**
 * Rebuilds the book as a gateway does, and compares its top after each frame that changes it with the oracle. What breaks the
 * rules of a base feed (a hole, a snapshot that is not the book) counts as a mismatch too.
 */
export function checkWithOracle(frames: readonly Frame[], oracle: BookTickerOracle): OracleResult {
  const check = new OracleCheck(oracle);
  for (const frame of frames) check.take(frame);
  return check;
}

class OracleCheck implements OracleResult {
  readonly mismatches: unknown[] = [];
  epochs = 0;
  deltas = 0;
  checked = 0;
  readonly #oracle: BookTickerOracle;
  readonly #book = new OrderBook();
  #snapshot: FeedSnapshot | undefined;
  #seq = 0;

  constructor(oracle: BookTickerOracle) {
    this.#oracle = oracle;
  }

  take(frame: Frame): void {
    if (!isSnapshot(frame)) this.#takeDelta(frame);
    else if (frame.epoch !== this.#snapshot?.epoch) this.#beginEpoch(frame);
    else this.#expect({ what: 'snapshot', frame }, this.#isOwn(frame));
  }

  #beginEpoch(snapshot: FeedSnapshot): void {
    this.epochs++;
    this.#snapshot = snapshot;
    this.#seq = snapshot.seq;
    this.#book.applySnapshot(snapshot.bids, snapshot.asks);
    this.#compareTop(snapshot.venueSeq);
  }

  #takeDelta(delta: FeedDelta): void {
    const follows = delta.epoch === this.#snapshot?.epoch && delta.prev === this.#seq && delta.seq === this.#seq + 1;
    this.#expect({ what: 'delta', delta, behind: this.#seq }, follows);
    this.deltas++;
    this.#seq = delta.seq;
    this.#book.applyDelta(delta.bids, delta.asks);
    this.#compareTop(delta.venueSeq);
  }

  #isOwn(snapshot: FeedSnapshot): boolean {
    const own = { seq: this.#seq, bids: this.#book.bids(), asks: this.#book.asks() };
    return JSON.stringify({ seq: snapshot.seq, bids: snapshot.bids, asks: snapshot.asks }) === JSON.stringify(own);
  }

  #compareTop(venueSeq: number): void {
    const expected = this.#oracle.expectedAt(venueSeq);
    if (expected === undefined) return;
    this.checked++;
    const found = { bid: this.#print(this.#book.bestBid), ask: this.#print(this.#book.bestAsk) };
    this.#expect({ venueSeq, found, expected }, JSON.stringify(found) === JSON.stringify(expected));
  }

  #print([price, size]: Level = [0, 0]): readonly [string, string] {
    const { priceScale = 0, sizeScale = 0 } = this.#snapshot ?? {};
    return [normalizeDecimal(formatScaled(price, priceScale)), normalizeDecimal(formatScaled(size, sizeScale))];
  }

  #expect(finding: unknown, isRight: boolean): void {
    if (!isRight) this.mismatches.push(finding);
  }
}
