import type { BrokerHandler } from '../rooms/broker.ts';
import type { PresentPublisher, PublisherRoster, RosterEntry } from './publisher-roster.ts';
import type { MemoryLeases } from '../leases/memory-leases.ts';
import { NodeState } from '../memory/node-state.ts';

/** The roster as one node of a hub sees it. */
export class MemoryPublisherRoster implements PublisherRoster {
  readonly #leases: MemoryLeases;
  readonly #state = new NodeState();

  constructor(leases: MemoryLeases) {
    this.#leases = leases;
  }

  start(handler: BrokerHandler): void {
    this.#state.start(handler);
  }

  attend(entry: RosterEntry, leaseMs: number): Promise<readonly PresentPublisher[]> {
    return this.#state.run(() => this.#leases.attend(entry, leaseMs));
  }

  leave(publisher: string): Promise<void> {
    return this.#state.run(() => {
      this.#leases.leave(publisher);
    });
  }

  close(): void {
    this.#state.close();
  }
}
