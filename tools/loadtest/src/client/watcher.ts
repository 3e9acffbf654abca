import type { ReceivedFrame } from '@outcry/protocol';

import { BookCheck } from '../check/book-check.ts';
import { addFaults, type Faults, NO_FAULTS } from '../check/faults.ts';
import { MirrorBook } from '../check/mirror-book.ts';
import { Silence } from '../check/silence.ts';
import type { Recorder } from '../measure/recorder.ts';
import { RetryTimer } from './retry-timer.ts';
import type { Link, Role } from './role.ts';

export interface WatcherOptions {
  readonly symbols: readonly string[];
  readonly depth: number;
  readonly intervalMs: number;
  /** Keeps the books, and holds each frame against its checksum. */
  readonly isMirroring: boolean;
  readonly recorder: Recorder;
}

type BookFrame = Extract<ReceivedFrame, { type: 'snapshot' | 'delta' | 'heartbeat' }>;

interface WatchedBook {
  readonly check: BookCheck;
  readonly silence: Silence;
  /** Absent where the watcher keeps no books. */
  readonly mirror: MirrorBook | undefined;
}

const MICROS_PER_MS = 1000;

/** Watches books of one class, and checks everything that it is sent. */
export class Watcher implements Role {
  readonly #options: WatcherOptions;
  readonly #books: ReadonlyMap<string, WatchedBook>;
  readonly #retry = new RetryTimer();
  #link: Link | undefined;
  #isReady = false;
  #altered = 0;

  constructor(options: WatcherOptions) {
    this.#options = options;
    const { symbols, isMirroring } = options;
    this.#books = new Map(
      symbols.map((symbol) => [
        symbol,
        { check: new BookCheck(), silence: new Silence(), mirror: isMirroring ? new MirrorBook() : undefined },
      ]),
    );
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  /** Of the book that was silent for longest. */
  get longestSilenceMs(): number | undefined {
    const silences = [...this.#books.values()].flatMap(({ silence }) => silence.longestMs ?? []);
    return silences.length === 0 ? undefined : Math.max(...silences);
  }

  listen(now: number): void {
    for (const { silence } of this.#books.values()) silence.begin(now);
  }

  stopListening(now: number): void {
    for (const { silence } of this.#books.values()) silence.end(now);
  }

  opened(link: Link): void {
    this.#link = link;
    this.#subscribe(this.#options.symbols);
  }

  closed(): void {
    this.#link = undefined;
    this.#isReady = false;
    this.#retry.cancel();
  }

  received(frame: ReceivedFrame): void {
    switch (frame.type) {
      case 'results':
        this.#receiveResults(frame);
        return;
      case 'snapshot':
      case 'delta':
      case 'heartbeat': {
        const book = this.#books.get(frame.symbol);
        if (book !== undefined) this.#receiveBook(frame, book);
        return;
      }
      default:
    }
  }

  /** Books have no end to reach: each delta tells by itself whether one before it is missing. */
  hasReached(): boolean {
    return true;
  }

  faults(): Faults {
    const altered = { ...NO_FAULTS, altered: this.#altered };
    return [...this.#books.values()].reduce((sum, { check }) => addFaults(sum, check.faults), altered);
  }

  #subscribe(symbols: readonly string[]): void {
    const { depth, intervalMs, isMirroring } = this.#options;
    const id = this.#link?.nextId();
    if (id === undefined) return;
    const checksum = isMirroring ? { checksum: true } : {};
    this.#link?.send({ type: 'subscribe', id, symbols, depth, interval: intervalMs, ...checksum });
  }

  #receiveResults({ results }: Extract<ReceivedFrame, { type: 'results' }>): void {
    for (const { symbol, error } of results) {
      if (error !== undefined) this.#options.recorder.error(`no book of ${symbol}: ${error.code}: ${error.message}`);
    }
    this.#isReady ||= results.some(({ error }) => error === undefined);
    const later = results.flatMap(({ symbol, error }) => (error?.retryable === true ? [symbol] : []));
    if (later.length === 0) return;
    this.#retry.start(() => {
      this.#subscribe(later);
    });
  }

  #receiveBook(frame: BookFrame, { check, silence, mirror }: WatchedBook): void {
    const { recorder } = this.#options;
    const target = this.#link?.target ?? 0;
    switch (frame.type) {
      case 'snapshot':
        check.snapshot(frame);
        if (mirror?.snapshot(frame) === false) this.#altered++;
        silence.heard(performance.now());
        recorder.count('snapshots');
        recorder.delivered(target);
        return;
      case 'delta':
        check.delta(frame);
        if (mirror?.delta(frame) === false) this.#altered++;
        silence.heard(performance.now());
        recorder.delivered(target);
        recorder.latency(target, { micros: (Date.now() - frame.at) * MICROS_PER_MS, isSlow: false });
        return;
      // It says that the connection lives, and nothing of the book.
      case 'heartbeat':
        check.heartbeat(frame.seq);
        return;
    }
  }
}
