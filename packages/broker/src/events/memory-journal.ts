import { NodeState } from '../memory/node-state.ts';
import { MAX_EVENTS } from './defaults.ts';
import type { EventJournal, Holder, JournalPage, Settlement } from './journal.ts';
import type { MemoryEvents } from './memory-events.ts';

/** The events of a hub as a node reaches them. */
export class MemoryEventJournal implements EventJournal {
  readonly #events: MemoryEvents;
  readonly #maxEntries: number;
  readonly #node = new NodeState();
  readonly #watched = new Map<number, () => void>();

  constructor(events: MemoryEvents, maxEntries: number = MAX_EVENTS) {
    this.#events = events;
    this.#maxEntries = maxEntries;
  }

  start(): void {
    this.#node.start();
  }

  close(): void {
    this.#node.close();
    for (const partition of [...this.#watched.keys()]) this.#unwatch(partition);
  }

  claim(holder: Holder): Promise<void> {
    return this.#node.run(() => {
      this.#events.claim(holder);
    });
  }

  read(holder: Holder, max: number): Promise<JournalPage> {
    return this.#node.run(() => this.#events.read(holder, max));
  }

  settle(holder: Holder, page: JournalPage, settlement: Settlement): Promise<void> {
    return this.#node.run(() => {
      this.#events.settle(holder, page, settlement);
    });
  }

  watch(partition: number, onHappened: () => void): Promise<void> {
    return this.#node.run(() => {
      this.#unwatch(partition);
      this.#watched.set(partition, this.#events.watch(partition, onHappened));
    });
  }

  unwatch(partition: number): Promise<void> {
    this.#unwatch(partition);
    return Promise.resolve();
  }

  resend(partition: number): Promise<number> {
    return this.#node.run(() => this.#events.resend(partition, this.#maxEntries));
  }

  #unwatch(partition: number): void {
    this.#watched.get(partition)?.();
    this.#watched.delete(partition);
  }
}
