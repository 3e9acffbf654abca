import { OutcryError } from '@outcry/broker';
import { ScaledNumberError } from '@outcry/order-book';
import type { Logger } from '@outcry/service';
import { Backoff, delay } from '@outcry/worker';

import { type BookEvent, BookEventKind, type Scales, type SourceEvent } from '../book-source.ts';
import { DepthAlignment, isBehindStream } from './depth-alignment.ts';
import type { DepthSnapshot, DepthUpdate } from './depth-frames.ts';
import { type Listing, unlisted } from './listing.ts';
import { toBookEvent, widenScales } from './to-book-event.ts';
import { UpdateInbox } from './update-inbox.ts';

/** A snapshot is fetched when the stream has begun, or after so long without an update: the book may be a quiet one. */
const FIRST_UPDATE_WAIT_MS = 1000;

/** Waits before another snapshot is fetched. */
const RESYNC = { baseMs: 250, maxMs: 30_000 };

/** A book that stayed whole for so long broke for a reason of its own: the next wait is a short one again. */
const WHOLE_AFTER_MS = 10_000;

const NO_DECIMALS: Scales = { priceScale: 0, sizeScale: 0 };

export interface LiveBookOptions {
  /** As the venue names it. */
  readonly symbol: string;
  /** As it was when the source opened. */
  readonly listing: Listing;
  /** Rejects with an `OutcryError` where there is none to be had now. */
  readonly fetchSnapshot: (symbol: string, signal: AbortSignal) => Promise<DepthSnapshot>;
  readonly logger: Logger;
  readonly random: () => number;
}

/**
 * One symbol of a live depth stream: puts snapshot and updates together by the venue's rules, and starts anew with another
 * snapshot wherever they do not meet, the stream was lost, or more waits than may. It is silent while the venue does not trade
 * the symbol.
 *
 * Tick and step sizes say how fine new orders may be. Old orders can be finer: a level that needs more decimals starts the
 * book anew with more.
 */
export class LiveBook {
  readonly #options: LiveBookOptions;
  readonly #backoff: Backoff;
  readonly #inbox = new UpdateInbox();
  /** Of the book as it stands, and those by which the venue takes new orders. */
  #scales: Scales = NO_DECIMALS;
  #listedScales: Scales;
  #untraded: string | undefined;
  #isRead = false;
  #newestId = -1;
  /** Monotonic: when the venue has shown last that it trades the symbol. */
  #tradedAt = performance.now();

  constructor(options: LiveBookOptions) {
    this.#options = options;
    this.#listedScales = options.listing.scales ?? NO_DECIMALS;
    this.#untraded = options.listing.untraded;
    this.#backoff = new Backoff({ ...RESYNC, random: options.random });
  }

  get venueSymbol(): string {
    return this.#options.symbol;
  }

  handleUp(): void {
    this.#newestId = -1;
    this.#inbox.setUp();
  }

  handleDown(reason: string): void {
    this.#inbox.setDown(reason);
  }

  /** Whether nobody knows if the symbol is still traded: nothing has come of it for so long, or it was not. */
  isInDoubt(quietMs: number): boolean {
    return this.#untraded !== undefined || performance.now() - this.#tradedAt >= quietMs;
  }

  /** What the venue says of the symbol when it is asked. */
  handleListing({ scales, untraded }: Listing): void {
    if (scales !== undefined) this.#listedScales = scales;
    if (untraded === undefined) this.#tradedAt = performance.now();
    if (untraded === this.#untraded) return;
    this.#untraded = untraded;
    if (untraded === undefined) this.#inbox.notify();
    else this.#inbox.lose(untraded);
  }

  /** @param isOverlapping The update may have come already, over another connection. */
  handleUpdate(update: DepthUpdate, isOverlapping: boolean): void {
    this.#tradedAt = performance.now();
    if (!this.#isRead) return;
    if (isOverlapping && update.lastId <= this.#newestId) return;
    this.#newestId = update.lastId;
    this.#untraded = undefined;
    this.#inbox.push(update);
  }

  /** @throws OutcryError `badFeed` where a price or a size is no number, or too large for one: no snapshot can mend that */
  async *events(signal: AbortSignal): AsyncGenerator<SourceEvent, void, undefined> {
    this.#isRead = true;
    this.#newestId = -1;
    try {
      while (!signal.aborted) {
        const reason = this.#untraded;
        if (reason !== undefined) {
          yield { kind: BookEventKind.Interrupted, reason };
          await this.#waitForOtherNews(reason, signal);
          continue;
        }
        const snapshot = await this.#snapshot(signal);
        if (snapshot !== undefined) yield* this.#follow(snapshot, signal);
      }
    } finally {
      this.#isRead = false;
      this.#inbox.clear();
    }
  }

  async #waitForOtherNews(untraded: string, signal: AbortSignal): Promise<void> {
    while (this.#untraded === untraded && !signal.aborted) await this.#inbox.whenChanged(signal);
  }

  /** A snapshot that meets the stream as it stands; undefined where there is none yet, so that it has to be tried again. */
  async #snapshot(signal: AbortSignal): Promise<DepthSnapshot | undefined> {
    const { symbol, fetchSnapshot, logger } = this.#options;
    while (!this.#inbox.isUp && this.#untraded === undefined && !signal.aborted) await this.#inbox.whenChanged(signal);
    if (this.#untraded !== undefined) return undefined;
    this.#inbox.begin();
    await this.#waitForFirstUpdate(signal);
    try {
      const snapshot = await fetchSnapshot(symbol, signal);
      const { first, lossReason } = this.#inbox;
      if (lossReason !== undefined) return undefined;
      if (first === undefined || !isBehindStream(snapshot, first)) return snapshot;
      logger.info({ symbol, lastUpdateId: snapshot.lastId, streamFrom: first.firstId }, 'depth snapshot too old');
    } catch (err) {
      if (!(err instanceof OutcryError)) throw err;
      if (!signal.aborted) logger.warn({ symbol, err }, 'depth snapshot refused');
      // It has gone since the venue was asked for it.
      if (err.code === 'badConfig') this.handleListing(unlisted(symbol));
    }
    await delay(this.#backoff.nextMs(), signal);
    return undefined;
  }

  async #waitForFirstUpdate(signal: AbortSignal): Promise<void> {
    const until = performance.now() + FIRST_UPDATE_WAIT_MS;
    while (this.#inbox.first === undefined && this.#inbox.lossReason === undefined && !signal.aborted) {
      const leftMs = until - performance.now();
      if (leftMs <= 0) return;
      await this.#inbox.whenChanged(signal, leftMs);
    }
  }

  /** The snapshot and the updates behind it, up to where they break off. */
  async *#follow(snapshot: DepthSnapshot, signal: AbortSignal): AsyncGenerator<SourceEvent, void, undefined> {
    const alignment = new DepthAlignment();
    alignment.acceptSnapshot(snapshot);
    // Spot's snapshot has no time of its own: that of the newest update in it is the venue's.
    const at = snapshot.at ?? this.#inbox.newestUpTo(snapshot.lastId)?.at ?? Date.now();
    const startedAt = performance.now();
    yield this.#toSnapshotEvent({ ...snapshot, at });
    const reason = yield* this.#deltas(alignment, signal);
    if (signal.aborted) return;
    if (performance.now() - startedAt > WHOLE_AFTER_MS) this.#backoff.reset();
    // Why the venue does not trade it is told before the wait for its trading.
    if (reason === this.#untraded) return;
    yield { kind: BookEventKind.Interrupted, reason };
    if (this.#inbox.isUp) await delay(this.#backoff.nextMs(), signal);
  }

  /** Returns why there can be no further one. An update that does not follow stays: the next snapshot may meet it. */
  async *#deltas(alignment: DepthAlignment<DepthUpdate>, signal: AbortSignal): AsyncGenerator<BookEvent, string> {
    while (!signal.aborted) {
      const { first, lossReason } = this.#inbox;
      if (lossReason !== undefined) return lossReason;
      if (first === undefined) {
        await this.#inbox.whenChanged(signal);
        continue;
      }
      const event = this.#tryDelta(alignment, first);
      if (typeof event === 'string') return event;
      this.#inbox.shift();
      if (event !== undefined) yield event;
    }
    return 'stopped';
  }

  /** The update as an event, undefined where it is older than the book, or why it is none. */
  #tryDelta(alignment: DepthAlignment<DepthUpdate>, update: DepthUpdate): BookEvent | string | undefined {
    try {
      return alignment.acceptUpdate(update) ? toBookEvent(BookEventKind.Delta, update, this.#scales) : undefined;
    } catch (err) {
      if (err instanceof OutcryError) return err.message;
      if (!(err instanceof ScaledNumberError) || err.code !== 'tooPrecise') throw this.#asBadFeed(err, update.lastId);
      this.#scales = widenScales(this.#scales, update);
      return `a level of update ${String(update.lastId)} has more decimals than the book`;
    }
  }

  #toSnapshotEvent(snapshot: DepthSnapshot & { readonly at: number }): BookEvent {
    try {
      this.#scales = widenScales(widest(this.#scales, this.#listedScales), snapshot);
      return { ...toBookEvent(BookEventKind.Snapshot, snapshot, this.#scales), scales: this.#changedScales() };
    } catch (err) {
      throw this.#asBadFeed(err, snapshot.lastId);
    }
  }

  #changedScales(): Scales | undefined {
    const announced = this.#options.listing.scales;
    const { priceScale, sizeScale } = this.#scales;
    const isSame = announced?.priceScale === priceScale && announced.sizeScale === sizeScale;
    return isSame ? undefined : this.#scales;
  }

  #asBadFeed(err: unknown, updateId: number): unknown {
    if (!(err instanceof ScaledNumberError)) return err;
    const message = `${this.#options.symbol}, update ${String(updateId)}: ${err.message}`;
    return new OutcryError('badFeed', message, { cause: err });
  }
}

function widest(a: Scales, b: Scales): Scales {
  return { priceScale: Math.max(a.priceScale, b.priceScale), sizeScale: Math.max(a.sizeScale, b.sizeScale) };
}
