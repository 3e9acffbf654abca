import type { Book, BookChange, Client } from '@outcry/client';

import type { Clock } from '../browser/clock.ts';
import { Rate } from './rate.ts';

/** How much of the latest measurement goes into the latency that is shown. */
const SMOOTHING = 0.2;

/** A class of a book. Interval in milliseconds; 0 is every frame of the base feed. */
export interface BookChoice {
  readonly symbol: string;
  readonly depth: number;
  readonly interval: number;
}

export interface BookWatchOptions {
  readonly client: Pick<Client, 'book'>;
  readonly clock: Clock;
  readonly onChange: () => void;
  /** Whether the book is right now may have changed. */
  readonly onStatus: () => void;
}

/** Watches one class at a time, and measures how alive it is. */
export class BookWatch {
  readonly #client: Pick<Client, 'book'>;
  readonly #clock: Clock;
  readonly #onChange: () => void;
  readonly #onStatus: () => void;
  readonly #rate = new Rate();
  #book: Book | undefined;
  #problem: string | undefined;
  #latencyMs: number | undefined;
  #repairs = 0;

  constructor({ client, clock, onChange, onStatus }: BookWatchOptions) {
    this.#client = client;
    this.#clock = clock;
    this.#onChange = onChange;
    this.#onStatus = onStatus;
  }

  /** What is chosen, with something to show or not. */
  get book(): Book | undefined {
    return this.#book;
  }

  /** Why there is no book, in the gateway's words. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** From the publisher to this page, by the clocks of the servers, in milliseconds; smoothed. */
  get latencyMs(): number | undefined {
    return this.#latencyMs;
  }

  /** How often a check has failed, and the book begun anew. */
  get repairs(): number {
    return this.#repairs;
  }

  /** Snapshots and deltas, not heartbeats. */
  get updatesPerSecond(): number {
    return this.#rate.perSecond(this.#clock.monotonicMs());
  }

  /** Shows another class from now on; the one that is watched already goes on as it is. */
  watch({ symbol, depth, interval }: BookChoice): void {
    const before = this.#book;
    if (before?.symbol === symbol && before.depth === depth && before.interval === interval) return;
    before?.close();
    this.#rate.reset();
    this.#problem = undefined;
    this.#latencyMs = undefined;
    this.#repairs = 0;
    const book = this.#client.book(symbol, { depth, interval, checksum: true });
    this.#book = book;
    void this.#follow(book);
    this.#onChange();
    this.#onStatus();
  }

  async #follow(book: Book): Promise<void> {
    // Whoever lets go of a book that is still loading wants no answer; refusals come by the iteration as well.
    book.ready.catch(() => undefined);
    try {
      for await (const change of book) {
        if (book === this.#book) this.#take(change, book.stamp?.at);
      }
    } catch (error) {
      if (book === this.#book) this.#problem = error instanceof Error ? error.message : String(error);
    }
    this.#onChange();
    this.#onStatus();
  }

  #take(change: BookChange, sentAt = 0): void {
    if (change.type === 'snapshot' || change.type === 'delta') this.#rate.record(this.#clock.monotonicMs());
    // A snapshot may be of any age.
    if (change.type === 'delta') {
      const latencyMs = this.#clock.serverNow() - sentAt;
      this.#latencyMs = (this.#latencyMs ?? latencyMs) * (1 - SMOOTHING) + latencyMs * SMOOTHING;
    }
    if (change.type === 'repair') this.#repairs += 1;
    this.#onChange();
    if (change.type !== 'delta') this.#onStatus();
  }
}
