import type { ReceivedFrame } from '@outcry/protocol';

import type { FakeBook } from './fake-book.ts';

type Frame<T extends ReceivedFrame['type']> = Extract<ReceivedFrame, { type: T }>;

/** What a gateway does for one watcher of its one book, and everything that can go wrong between the two. */
export class FakeWatcher {
  readonly #source: FakeBook;
  readonly #arriving: ReceivedFrame[];
  #isWatching = false;
  #isHeldBack = false;
  #hasChecksum = false;
  /** The gateway believes that the client has had this. */
  #sentSeq = 0;

  constructor(source: FakeBook, arriving: ReceivedFrame[]) {
    this.#source = source;
    this.#arriving = arriving;
  }

  subscribe({ checksum = false }: { readonly checksum?: boolean }): void {
    this.#isWatching = true;
    this.#hasChecksum = checksum;
    this.#begin();
  }

  unsubscribe(): void {
    this.#isWatching = false;
  }

  /** The book has changed; `isLost` and `isWrong` are faults that a gateway must not have, and that a client finds. */
  change(change: Frame<'delta'>, { isLost = false, isWrong = false } = {}): void {
    if (!this.#isWatching || this.#isHeldBack) return;
    const delta = { ...change, prev: this.#sentSeq };
    this.#sentSeq = delta.seq;
    // Nobody can find a wrong level without a checksum.
    const isSpoilt = isWrong && this.#hasChecksum;
    if (!isLost) this.#push(isSpoilt ? { ...delta, bids: [['77.7', '7.7']] } : delta);
  }

  /** The book has another numbering. */
  renumbered(): void {
    if (this.#isWatching) this.#begin();
  }

  beat(): void {
    if (this.#isWatching && !this.#isHeldBack) this.#arriving.push(this.#source.heartbeat());
  }

  age(type: 'stale' | 'fresh'): void {
    if (this.#isWatching && !this.#isHeldBack) this.#arriving.push({ type, symbol: 'BTCUSDT' });
  }

  lag(): void {
    if (this.#isHeldBack) return;
    this.#isHeldBack = true;
    this.#arriving.push({ type: 'lagging', bufferedBytes: 300_000 });
  }

  catchUp(): void {
    if (!this.#isHeldBack) return;
    this.#isHeldBack = false;
    if (this.#isWatching) this.#begin();
  }

  /** Nothing is in the way any more. */
  recover(): void {
    this.catchUp();
    this.age('fresh');
    this.beat();
  }

  /** The gateway knows that it owes a snapshot while the client lags. */
  #begin(): void {
    if (this.#isHeldBack) return;
    this.#sentSeq = this.#source.seq;
    this.#push(this.#source.snapshot());
  }

  #push({ checksum, ...frame }: Frame<'snapshot' | 'delta'>): void {
    this.#arriving.push(this.#hasChecksum && checksum !== undefined ? { ...frame, checksum } : frame);
  }
}
