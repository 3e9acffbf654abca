import type { ReceivedFrame } from '@outcry/protocol';
import { Book, type LevelChange } from './book.ts';
import { type Received, type Requester, toRequestFailure } from './frames.ts';
import { Rate } from './rate.ts';

const SUBSCRIBE_AGAIN_MS = 2_000;
/** A class without frames gives a heartbeat each second, or each interval where that is longer. */
const HEARTBEAT_MS = 1_000;

/** A class of a book. Interval in milliseconds; 0 is every frame of the base feed. */
export interface BookChoice {
  readonly symbol: string;
  readonly depth: number;
  readonly interval: number;
}

export interface BookWatchOptions {
  readonly connection: Requester;
  readonly onChange: () => void;
}

/** Watches one class at a time, and subscribes again whenever what it holds may not be right. */
export class BookWatch {
  readonly #connection: Requester;
  readonly #onChange: () => void;
  readonly #rate = new Rate();
  #choice: BookChoice | undefined;
  #book: Book | undefined;
  #problem: string | undefined;
  #isAwaitingSnapshot = false;
  #isToldStale = false;
  #lastFrameAt: number | undefined;
  #changes: readonly LevelChange[] = [];
  #retryTimer: ReturnType<typeof setTimeout> | undefined;

  constructor({ connection, onChange }: BookWatchOptions) {
    this.#connection = connection;
    this.#onChange = onChange;
  }

  get choice(): BookChoice | undefined {
    return this.#choice;
  }

  /** The last known state; while `isStale` it may be old. */
  get book(): Book | undefined {
    return this.#book;
  }

  /** Why there is no book, in the gateway's words. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Unix milliseconds by this machine's clock. */
  get lastFrameAt(): number | undefined {
    return this.#lastFrameAt;
  }

  /** Snapshots and deltas, not heartbeats. */
  updatesPerSecond(now: number): number {
    return this.#rate.perSecond(now);
  }

  /** Whether the gateway said so, or has been silent for longer than a live book can be. */
  isStale(now: number): boolean {
    if (this.#isToldStale || this.#lastFrameAt === undefined) return this.#isToldStale;
    return now - this.#lastFrameAt > 2 * Math.max(HEARTBEAT_MS, this.#choice?.interval ?? 0) + HEARTBEAT_MS;
  }

  /** What the latest delta changed: a new array for each, empty after a snapshot. */
  get changes(): readonly LevelChange[] {
    return this.#changes;
  }

  /** Shows another class from now on; the one that is watched already goes on as it is. */
  watch(choice: BookChoice): void {
    if (this.#isChosen(choice)) return;
    if (this.#choice !== undefined) this.#connection.notify({ type: 'unsubscribe', ...this.#choice });
    this.#choice = choice;
    this.#book = undefined;
    this.#lastFrameAt = undefined;
    this.#isToldStale = false;
    this.#rate.reset();
    this.subscribe();
  }

  /** Asks for a fresh snapshot of the chosen class: after each connect, and after a gap. */
  subscribe(): void {
    if (this.#choice === undefined) return;
    clearTimeout(this.#retryTimer);
    this.#isAwaitingSnapshot = true;
    this.#problem = undefined;
    const choice = this.#choice;
    this.#connection.request({ type: 'subscribe', ...choice }).catch((thrown: unknown) => {
      if (choice === this.#choice) this.#failed(thrown);
    });
    this.#onChange();
  }

  handleFrame(frame: ReceivedFrame): void {
    if (frame.type === 'stale' || frame.type === 'fresh') {
      if (frame.symbol !== this.#choice?.symbol) return;
      this.#isToldStale = frame.type === 'stale';
    } else if (frame.type === 'snapshot' || frame.type === 'delta' || frame.type === 'heartbeat') {
      if (!this.#isChosen(frame)) return;
      this.#apply(frame);
    } else return;
    this.#onChange();
  }

  #isChosen({ symbol, depth, interval }: BookChoice): boolean {
    const choice = this.#choice;
    return symbol === choice?.symbol && depth === choice.depth && interval === choice.interval;
  }

  #apply(frame: Received<'snapshot' | 'delta' | 'heartbeat'>): void {
    this.#lastFrameAt = Date.now();
    if (frame.type !== 'heartbeat') this.#rate.record(this.#lastFrameAt);
    if (frame.type === 'snapshot') {
      this.#book = new Book(frame);
      this.#isAwaitingSnapshot = false;
      this.#isToldStale = false;
      this.#problem = undefined;
      this.#changes = [];
    } else if (!this.#isAwaitingSnapshot) {
      if (!this.#follows(frame)) this.subscribe();
    }
  }

  #follows(frame: Received<'delta' | 'heartbeat'>): boolean {
    if (frame.type === 'heartbeat') return frame.seq === this.#book?.seq;
    const changes = this.#book?.apply(frame);
    this.#changes = changes ?? [];
    return changes !== undefined;
  }

  #failed(thrown: unknown): void {
    const failure = toRequestFailure(thrown);
    // The next connection subscribes by itself.
    if (failure.code === 'disconnected') return;
    this.#problem = failure.message;
    if (failure.isRetryable) {
      this.#retryTimer = setTimeout(() => {
        this.subscribe();
      }, SUBSCRIBE_AGAIN_MS);
    }
    this.#onChange();
  }
}
