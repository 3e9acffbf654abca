import { NodeState } from '../memory/node-state.ts';
import type { MemoryPublishers } from './memory-publishers.ts';
import type { PresentPublisher, PublisherRoster, RosterEntry } from './publisher-roster.ts';

/** The roster as one node of a hub sees it. */
export class MemoryPublisherRoster implements PublisherRoster {
  readonly #publishers: MemoryPublishers;
  readonly #state = new NodeState();

  constructor(publishers: MemoryPublishers) {
    this.#publishers = publishers;
  }

  start(): void {
    this.#state.start();
  }

  attend(entry: RosterEntry, leaseMs: number): Promise<readonly PresentPublisher[]> {
    return this.#state.run(() => this.#publishers.attend(entry, leaseMs));
  }

  leave(publisher: string): Promise<void> {
    return this.#state.run(() => {
      this.#publishers.leave(publisher);
    });
  }

  close(): void {
    this.#state.close();
  }
}
