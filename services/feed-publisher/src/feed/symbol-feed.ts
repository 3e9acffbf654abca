import { OutcryError } from '@outcry/broker';
import type { Logger } from '@outcry/service';
import { Backoff, delay } from '@outcry/worker';

import { BaseFeed } from './base-feed.ts';
import type { BusHealth } from './bus-health.ts';
import { type FeedTiming, FrameSender, type FrameSenderParts } from './frame-sender.ts';
import type { Leadership } from '../leadership/leadership.ts';
import type { Candidate } from '../leadership/seat.ts';
import { Term } from '../leadership/term.ts';
import type { FeedMetrics } from '../observability/feed-metrics.ts';
import { Gate } from '../pacing/gate.ts';
import { SerialQueue } from '../pacing/serial-queue.ts';
import { BookEventKind, type BookSource, type Scales, type SourceEvent } from '../sources/book-source.ts';

/** How long it waits before it reads a source again that failed and may recover. */
const RESTART = { baseMs: 1000, maxMs: 60_000 };

/** How long a feed waits before it tries a bus again that refused it. */
const BUS_RETRY_MS = 500;

export interface SymbolFeedParts {
  readonly symbol: string;
  /** Undefined where the first snapshot tells them. */
  readonly scales: Scales | undefined;
  readonly source: Pick<BookSource, 'events' | 'kind' | 'mayRecover'>;
  readonly feedBus: FrameSenderParts['feedBus'];
  readonly timing: FeedTiming;
  readonly busHealth: BusHealth;
  readonly metrics: FeedMetrics;
  readonly logger: Logger;
  readonly createEpoch: () => string;
  readonly leadership: Pick<Leadership, 'hurry' | 'handleFenced'>;
}

/** A `missing` one has had no book yet, because its source cannot have it. */
export type FeedState = 'starting' | 'missing' | 'standby' | 'live' | 'interrupted' | 'ended' | 'failed';

/**
 * One symbol: source → book → frames → bus.
 *
 * It follows its source all the time, and publishes while it leads: so a publisher that takes over begins at once, with the book
 * as it is. One thing at a time: the source waits while a frame is on its way, so a slow bus slows the source. A frame that
 * the bus refuses may have arrived or not, so it is never repeated: when the bus takes frames again, a new epoch begins with a
 * snapshot. A source that is interrupted silences the feed, which tells the gateways that the book may be old, until its next
 * snapshot. A source or a book that cannot be right ends the feed, with nothing published after the last good frame; where the source
 * may recover, it is an interruption.
 */
export class SymbolFeed implements Candidate {
  readonly #parts: SymbolFeedParts;
  readonly #feed: BaseFeed;
  readonly #sender: FrameSender;
  readonly #turns = new SerialQueue();
  /** Aborts with what ends the reading of the source. */
  #failing = new AbortController();
  /** Opens when it is known whether this publisher leads: what is read after that may be lost to the watchers. */
  readonly #decision = new Gate();
  #timer: NodeJS.Timeout | undefined;
  #book: 'unknown' | 'missing' | 'whole' | 'interrupted' = 'unknown';
  #reason: string | undefined;
  #end: 'ended' | 'failed' | undefined;
  #term: Term | undefined;

  constructor(parts: SymbolFeedParts) {
    this.#parts = parts;
    this.#feed = new BaseFeed({ ...parts, sourceKind: parts.source.kind });
    this.#sender = new FrameSender({ feed: this.#feed, ...parts });
    parts.metrics.begin(this.symbol);
  }

  get symbol(): string {
    return this.#parts.symbol;
  }

  get state(): FeedState {
    if (this.#end !== undefined) return this.#end;
    if (this.#book === 'interrupted' || this.#book === 'missing') return this.#book;
    if (this.#term !== undefined) return this.#term.isOpen ? 'live' : 'starting';
    return this.#book === 'whole' && this.#decision.isOpen ? 'standby' : 'starting';
  }

  get #hadBook(): boolean {
    return this.#book === 'whole' || this.#book === 'interrupted';
  }

  /** Why it is missing, interrupted or failed; undefined in any other state. */
  get reason(): string | undefined {
    return this.#reason;
  }

  /** A feed that ended under its leader stays: another publisher would only tell the end once more. */
  get isOffered(): boolean {
    if (this.#end !== undefined) return this.#end === 'ended' && this.#term !== undefined;
    return this.#book === 'whole';
  }

  lead(fence: number): void {
    const term = new Term(fence);
    this.#term = term;
    this.#decision.open();
    this.#inTurn(() => this.#openTerm(term)).catch(() => undefined);
  }

  async standBy(): Promise<void> {
    this.#decision.open();
    const term = this.#term;
    if (term === undefined) return;
    // What the bus refuses now is not tried again.
    term.end();
    await this.#inTurn(() => this.#flush(term)).catch(() => undefined);
    this.#leave(term);
  }

  cease(): void {
    if (this.#term !== undefined) this.#leave(this.#term);
  }

  /** Resolves, and never rejects, when the feed is over: the source ended, it failed for good, or `stopping` aborted. */
  async run(stopping: AbortSignal): Promise<void> {
    const backoff = new Backoff(RESTART);
    // Nobody waits for anything any more.
    stopping.addEventListener('abort', () => {
      this.#decision.open();
      this.#term?.end();
    });
    for (let isOver = false; !isOver;) {
      const startedAt = performance.now();
      isOver = await this.#follow(stopping);
      if (performance.now() - startedAt > RESTART.maxMs) backoff.reset();
      if (!isOver) await delay(backoff.nextMs(), stopping);
    }
  }

  /** Reads the source until its end or its failure. Resolves with whether that is the end of the feed. */
  async #follow(stopping: AbortSignal): Promise<boolean> {
    const failing = new AbortController();
    this.#failing = failing;
    const signal = AbortSignal.any([stopping, failing.signal]);
    try {
      for await (const event of this.#parts.source.events(this.symbol, signal)) {
        await this.#inTurn(() => this.#accept(event));
        // Whether this is to be published is decided with the first book, before anything of it is over.
        if (this.isOffered) await this.#decision.opened;
      }
      failing.signal.throwIfAborted();
      await this.#inTurn(() => this.#flush(this.#term));
      this.#finish('ended');
      if (!stopping.aborted) this.#parts.logger.info({ symbol: this.symbol }, 'feed ended');
      return true;
    } catch (err) {
      return this.#fail(err);
    }
  }

  /** Whether that is the end. Nothing of the book that could not be right is published. */
  #fail(err: unknown): boolean {
    const { source, metrics, logger, leadership } = this.#parts;
    const isOver = !source.mayRecover || (err instanceof OutcryError && err.code === 'closed');
    this.#reason = err instanceof Error ? err.message : String(err);
    metrics.countSourceError(this.symbol);
    logger.error({ symbol: this.symbol, err }, 'feed failed');
    if (isOver) {
      this.#finish('failed');
      return true;
    }
    this.#feed.forgetChanges();
    this.#book = this.#hadBook ? 'interrupted' : 'missing';
    this.#fallSilent();
    leadership.hurry();
    return false;
  }

  /** Nothing may follow a failure: the turns that wait behind it find it here, before `run` can have heard of it. */
  #inTurn(task: () => Promise<void>): Promise<void> {
    return this.#turns.run(async () => {
      if (this.#failing.signal.aborted) return;
      try {
        await task();
      } catch (err) {
        this.#failing.abort(err);
        throw err;
      }
    });
  }

  async #accept(event: SourceEvent): Promise<void> {
    if (event.kind === BookEventKind.Interrupted) {
      await this.#interrupt(event.reason);
      return;
    }
    this.#parts.metrics.countEvent(this.symbol);
    this.#feed.apply(event);
    if (event.kind === BookEventKind.Snapshot) await this.#acceptBook();
    else if (this.#term?.isOpen === true) await this.#publishDue(this.#term);
    else this.#feed.forgetChanges();
  }

  /** The source has begun, or begun anew. */
  async #acceptBook(): Promise<void> {
    const before = this.#book;
    this.#book = 'whole';
    this.#reason = undefined;
    if (before === 'interrupted') this.#parts.logger.info({ symbol: this.symbol }, 'feed resumed');
    if (before === 'missing') this.#parts.logger.info({ symbol: this.symbol }, 'book found');
    if (before !== 'whole') this.#parts.leadership.hurry();
    const term = this.#term;
    if (term === undefined) return;
    if (term.isOpen) this.#parts.metrics.countEpochRestart(this.symbol);
    await this.#publishEpoch(term);
  }

  /** Publishes what is known to be right, and nothing more: the snapshots of a quiet book would say that it is live. */
  async #interrupt(reason: string): Promise<void> {
    if (reason === this.#reason) return;
    this.#reason = reason;
    const { logger, metrics } = this.#parts;
    if (!this.#hadBook) {
      this.#book = 'missing';
      logger.error({ symbol: this.symbol, reason }, 'book missing');
      return;
    }
    logger.warn({ symbol: this.symbol, reason }, 'feed interrupted');
    if (this.#book === 'interrupted') return;
    metrics.countInterruption(this.symbol);
    await this.#flush(this.#term);
    this.#book = 'interrupted';
    clearTimeout(this.#timer);
    metrics.setLive(this.symbol, false);
    this.#parts.leadership.hurry();
  }

  async #openTerm(term: Term): Promise<void> {
    if (this.#term !== term || term.isOpen || this.#book !== 'whole' || this.#end !== undefined) return;
    this.#feed.startEpoch();
    await this.#publishEpoch(term);
  }

  async #publishEpoch(term: Term): Promise<void> {
    term.isOpen = true;
    await this.#withBus(term, () => this.#sender.sendBook(term.fence));
    if (this.#term === term && !term.signal.aborted) this.#parts.metrics.setLive(this.symbol, true);
  }

  async #publishDue(term: Term): Promise<void> {
    await this.#withBus(term, () => this.#sender.sendDue(term.fence));
  }

  async #flush(term: Term | undefined): Promise<void> {
    if (term?.isOpen !== true || this.#term !== term) return;
    await this.#withBus(term, () => this.#sender.sendRest(term.fence));
  }

  /** Sends, or waits until the bus takes a snapshot of a new epoch. Sets the timer for what comes next. */
  async #withBus(term: Term, send: () => Promise<void>): Promise<void> {
    try {
      await this.#sendOrResume(term, send);
    } catch (err) {
      if (!isFenced(err)) throw err;
      this.#parts.metrics.countFencedFrame(this.symbol);
      this.#leave(term);
      this.#parts.leadership.handleFenced(this.symbol, term.fence);
    }
    if (this.#term === term) this.#setTimer(term);
  }

  async #sendOrResume(term: Term, send: () => Promise<void>): Promise<void> {
    try {
      await send();
    } catch (err) {
      if (!isRefusal(err)) throw err;
      this.#parts.busHealth.reportDown(this.symbol, err);
      if (await this.#resume(term)) this.#parts.busHealth.reportUp(this.symbol);
      else this.#parts.busHealth.forget(this.symbol);
    }
  }

  /** Whether the bus takes frames again; it may not before the term ends. */
  async #resume(term: Term): Promise<boolean> {
    this.#feed.startEpoch();
    if (!term.signal.aborted) this.#parts.metrics.countEpochRestart(this.symbol);
    this.#sender.forgetAnnouncement();
    while (!term.signal.aborted) {
      try {
        await this.#sender.sendBook(term.fence);
        return true;
      } catch (err) {
        if (!isRefusal(err)) throw err;
      }
      await delay(BUS_RETRY_MS, term.signal);
    }
    return false;
  }

  /** The source is not the only clock: a delta that waits for its interval goes out, and so do a quiet book's signs of life. */
  #setTimer(term: Term): void {
    clearTimeout(this.#timer);
    if (term.signal.aborted) return;
    this.#timer = setTimeout(() => {
      // A failure is kept by the turn, and comes out of `run`.
      this.#inTurn(() => this.#publishOnTime(term)).catch(() => undefined);
    }, this.#sender.msUntilDue());
  }

  /** The feed may have ended, or be somebody else's, while the turn was waited for. */
  async #publishOnTime(term: Term): Promise<void> {
    if (this.#term === term && this.state === 'live') await this.#publishDue(term);
  }

  /** The feed is led from here no more. */
  #leave(term: Term): void {
    term.end();
    if (this.#term !== term) return;
    this.#term = undefined;
    this.#sender.forgetAnnouncement();
    this.#fallSilent();
  }

  #finish(end: 'ended' | 'failed'): void {
    this.#end = end;
    this.#fallSilent();
    if (end === 'failed') {
      this.cease();
      this.#parts.leadership.hurry();
    }
  }

  #fallSilent(): void {
    clearTimeout(this.#timer);
    this.#parts.metrics.setLive(this.symbol, false);
    this.#parts.busHealth.forget(this.symbol);
  }
}

/** The bus cannot be reached, or has lost the book that the frame belongs to. Anything else is a fault of the program. */
function isRefusal(err: unknown): boolean {
  return err instanceof OutcryError && (err.code === 'unavailable' || err.code === 'badFeed');
}

function isFenced(err: unknown): boolean {
  return err instanceof OutcryError && err.code === 'fenced';
}
