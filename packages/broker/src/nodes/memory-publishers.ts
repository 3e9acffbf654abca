import type { HubPart } from '../memory/hub.ts';
import type { PresentPublisher, RosterEntry } from './publisher-roster.ts';

export function createMemoryPublishers(): MemoryPublishers {
  return new MemoryPublishers();
}

/** The publishers of a hub. */
export class MemoryPublishers implements HubPart {
  readonly #attending = new Map<string, { readonly entry: RosterEntry; readonly expiresAt: number }>();

  attend(entry: RosterEntry, leaseMs: number): PresentPublisher[] {
    const now = performance.now();
    this.#attending.set(entry.publisher, { entry, expiresAt: now + leaseMs });
    const present: PresentPublisher[] = [];
    for (const { entry: other, expiresAt } of this.#attending.values()) {
      if (expiresAt > now) present.push({ ...other, remainingMs: expiresAt - now });
      else this.#attending.delete(other.publisher);
    }
    return present;
  }

  leave(publisher: string): void {
    this.#attending.delete(publisher);
  }

  clear(): void {
    this.#attending.clear();
  }
}
