import type { FeedInstrument } from '@outcry/broker';
import type { Level } from '@outcry/order-book';
import { SourceKind } from '@outcry/protocol';

import type { BookEvent, BookSource, SourceEvent } from '../sources/book-source.ts';

type Step = { readonly event: SourceEvent } | { readonly fault: Error } | 'end';

/** A source that gives what a test tells it to, when it tells it to. */
export class ScriptedSource implements BookSource {
  readonly kind = SourceKind.Simulated;
  mayRecover = false;
  readonly instruments: readonly FeedInstrument[];
  readonly missing: string[] = [];
  readonly #steps = new Map<string, Step[]>();
  readonly #wake = new Map<string, () => void>();
  #handleInstrument: ((instrument: FeedInstrument) => void) | undefined;
  isClosed = false;
  /** What ending a stream waits for, as one that closes a file or a socket would. */
  ending: Promise<void> = Promise.resolve();

  constructor(...symbols: readonly string[]) {
    this.instruments = symbols.map(instrumentOf);
    for (const symbol of symbols) this.#steps.set(symbol, []);
  }

  watchInstruments(handler: (instrument: FeedInstrument) => void): void {
    this.#handleInstrument = handler;
  }

  /** A book that was asked for and cannot be had: before the publisher takes the source. */
  miss(name: string): void {
    this.missing.push(name);
    this.#steps.set(name, []);
  }

  /** An instrument that nobody knew when the source opened. */
  discover(symbol: string): void {
    this.#steps.set(symbol, []);
    this.#handleInstrument?.(instrumentOf(symbol));
  }

  give(symbol: string, ...events: readonly SourceEvent[]): void {
    for (const event of events) this.#push(symbol, { event });
  }

  fail(symbol: string, fault: Error): void {
    this.#push(symbol, { fault });
  }

  end(symbol: string): void {
    this.#push(symbol, 'end');
  }

  /** Events that were given and not yet taken: a consumer that waits leaves them here. */
  untaken(symbol: string): number {
    return this.#steps.get(symbol)?.length ?? 0;
  }

  async *events(symbol: string, signal: AbortSignal): AsyncGenerator<SourceEvent, void, undefined> {
    try {
      for (;;) {
        if (signal.aborted) return;
        const step = this.#steps.get(symbol)?.shift();
        if (step === 'end') return;
        if (step === undefined) await this.#waitForStep(symbol, signal);
        else if ('fault' in step) throw step.fault;
        else yield step.event;
      }
    } finally {
      await this.ending;
    }
  }

  close(): Promise<void> {
    this.isClosed = true;
    return Promise.resolve();
  }

  #push(symbol: string, step: Step): void {
    this.#steps.get(symbol)?.push(step);
    this.#wake.get(symbol)?.();
  }

  #waitForStep(symbol: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        resolve();
      };
      this.#wake.set(symbol, wake);
      signal.addEventListener('abort', wake, { once: true });
    });
  }
}

function instrumentOf(symbol: string): FeedInstrument {
  return { symbol, priceScale: 2, sizeScale: 3 };
}

export function snapshotEvent(venueSeq: number, bids: Level[] = [[100, 1]], asks: Level[] = [[110, 1]]): BookEvent {
  return { kind: 'snapshot', bids, asks, venueSeq, venueAt: venueSeq };
}

export function deltaEvent(venueSeq: number, bids: Level[] = [], asks: Level[] = []): BookEvent {
  return { kind: 'delta', bids, asks, venueSeq, venueAt: venueSeq };
}
