import { createMemoryLeases } from '../leases/memory-leases.ts';
import type { HubPart, MemoryHub } from '../memory/hub.ts';
import type { FeedDelta, FeedInstrument, FeedPulse, FeedSnapshot, StoredBook } from './bus.ts';
import { MAX_STORED_DELTAS } from './defaults.ts';
import { fencedOff, snapshotMissing, tooManyDeltas } from './faults.ts';

/** One node's eye on one symbol. */
export interface FeedWatch {
  deliverSnapshot(snapshot: FeedSnapshot): void;
  deliverDelta(delta: FeedDelta): void;
  deliverPulse(pulse: FeedPulse): void;
}

interface Book {
  snapshot: FeedSnapshot;
  deltas: FeedDelta[];
}

/** Says who may publish. */
export interface FeedGate {
  admits(symbol: string, fence: number): boolean;
}

export function createMemoryFeeds(hub: MemoryHub): MemoryFeeds {
  return new MemoryFeeds(hub.part(createMemoryLeases));
}

/** The base feeds of a hub. */
export class MemoryFeeds implements HubPart {
  readonly #gate: FeedGate;
  readonly #instruments = new Map<string, FeedInstrument>();
  readonly #books = new Map<string, Book>();
  readonly #watches = new Map<string, Set<FeedWatch>>();

  constructor(gate: FeedGate) {
    this.#gate = gate;
  }

  announce(instruments: readonly FeedInstrument[]): void {
    for (const instrument of instruments) this.#instruments.set(instrument.symbol, instrument);
  }

  announceUnknown(instruments: readonly FeedInstrument[]): void {
    this.announce(instruments.filter(({ symbol }) => !this.#instruments.has(symbol)));
  }

  listInstruments(): FeedInstrument[] {
    return [...this.#instruments.values()];
  }

  /** @throws OutcryError `fenced` */
  publishSnapshot(snapshot: FeedSnapshot, fence: number): void {
    this.#assertLeading(snapshot.symbol, fence);
    this.#books.set(snapshot.symbol, { snapshot, deltas: [] });
    for (const watch of this.#watches.get(snapshot.symbol) ?? []) watch.deliverSnapshot(snapshot);
  }

  /** @throws OutcryError `fenced`, or `badFeed` where a snapshot has to come first */
  publishDelta(delta: FeedDelta, fence: number): void {
    this.#assertLeading(delta.symbol, fence);
    const book = this.#books.get(delta.symbol);
    if (book === undefined) throw snapshotMissing(delta.symbol);
    if (book.deltas.length >= MAX_STORED_DELTAS) throw tooManyDeltas(delta.symbol, MAX_STORED_DELTAS);
    book.deltas.push(delta);
    for (const watch of this.#watches.get(delta.symbol) ?? []) watch.deliverDelta(delta);
  }

  /** @throws OutcryError `fenced` */
  publishPulse(pulse: FeedPulse, fence: number): void {
    this.#assertLeading(pulse.symbol, fence);
    for (const watch of this.#watches.get(pulse.symbol) ?? []) watch.deliverPulse(pulse);
  }

  readBook(symbol: string): StoredBook | undefined {
    const book = this.#books.get(symbol);
    return book === undefined ? undefined : { snapshot: book.snapshot, deltas: [...book.deltas] };
  }

  watch(symbol: string, watch: FeedWatch): void {
    const watches = this.#watches.get(symbol);
    if (watches === undefined) this.#watches.set(symbol, new Set([watch]));
    else watches.add(watch);
  }

  unwatch(symbol: string, watch: FeedWatch): void {
    const watches = this.#watches.get(symbol);
    watches?.delete(watch);
    if (watches?.size === 0) this.#watches.delete(symbol);
  }

  clear(): void {
    this.#instruments.clear();
    this.#books.clear();
  }

  #assertLeading(symbol: string, fence: number): void {
    if (!this.#gate.admits(symbol, fence)) throw fencedOff(symbol, fence);
  }
}
