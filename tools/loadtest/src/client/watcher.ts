import type { ReceivedFrame } from '@outcry/protocol';

import { BookCheck } from '../check/book-check.ts';
import { addFaults, type Faults, NO_FAULTS } from '../check/faults.ts';
import type { Recorder } from '../measure/recorder.ts';
import type { Link, Role } from './role.ts';

export interface WatcherOptions {
  readonly symbols: readonly string[];
  readonly depth: number;
  readonly intervalMs: number;
  readonly recorder: Recorder;
}

type BookFrame = Extract<ReceivedFrame, { type: 'snapshot' | 'delta' | 'heartbeat' }>;

const MICROS_PER_MS = 1000;

/** Watches books of one class, and checks everything that it is sent. */
export class Watcher implements Role {
  readonly #options: WatcherOptions;
  readonly #checks = new Map<string, BookCheck>();
  #link: Link | undefined;
  #isReady = false;

  constructor(options: WatcherOptions) {
    this.#options = options;
    for (const symbol of options.symbols) this.#checks.set(symbol, new BookCheck());
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  opened(link: Link): void {
    const { symbols, depth, intervalMs } = this.#options;
    this.#link = link;
    link.send({ type: 'subscribe', id: 1, symbols, depth, interval: intervalMs });
  }

  closed(): void {
    this.#link = undefined;
    this.#isReady = false;
  }

  received(frame: ReceivedFrame): void {
    switch (frame.type) {
      case 'results':
        this.#receiveResults(frame);
        return;
      case 'snapshot':
      case 'delta':
      case 'heartbeat': {
        const check = this.#checks.get(frame.symbol);
        if (check !== undefined) this.#receiveBook(frame, check);
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
    return [...this.#checks.values()].reduce((sum, check) => addFaults(sum, check.faults), NO_FAULTS);
  }

  #receiveResults({ results }: Extract<ReceivedFrame, { type: 'results' }>): void {
    for (const { symbol, error } of results) {
      if (error !== undefined) this.#options.recorder.error(`no book of ${symbol}: ${error.code}: ${error.message}`);
    }
    this.#isReady = results.some(({ error }) => error === undefined);
  }

  #receiveBook(frame: BookFrame, check: BookCheck): void {
    const { recorder } = this.#options;
    const target = this.#link?.target ?? 0;
    switch (frame.type) {
      case 'snapshot':
        check.snapshot(frame);
        recorder.count('snapshots');
        recorder.delivered(target);
        return;
      case 'delta':
        check.delta(frame);
        recorder.delivered(target);
        recorder.latency(target, { micros: (Date.now() - frame.at) * MICROS_PER_MS, isSlow: false });
        return;
      case 'heartbeat':
        check.heartbeat(frame.seq);
        return;
    }
  }
}
