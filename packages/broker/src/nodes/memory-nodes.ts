import type { HubPart } from '../memory/hub.ts';
import type { NodeEntry } from './node-roster.ts';

export function createMemoryNodes(): MemoryNodes {
  return new MemoryNodes();
}

/** The gateways of a hub. */
export class MemoryNodes implements HubPart {
  readonly #present = new Map<string, { readonly entry: NodeEntry; readonly expiresAt: number }>();

  attend(entry: NodeEntry, leaseMs: number): boolean {
    this.#expire();
    const wasPresent = this.#present.has(entry.id);
    this.#present.set(entry.id, { entry, expiresAt: performance.now() + leaseMs });
    return wasPresent;
  }

  leave(id: string): void {
    this.#present.delete(id);
  }

  missing(ids: readonly string[]): readonly string[] {
    this.#expire();
    return ids.filter((id) => !this.#present.has(id));
  }

  list(): readonly NodeEntry[] {
    this.#expire();
    return [...this.#present.values()].map(({ entry }) => entry);
  }

  clear(): void {
    this.#present.clear();
  }

  #expire(): void {
    const now = performance.now();
    for (const [id, { expiresAt }] of this.#present) if (expiresAt <= now) this.#present.delete(id);
  }
}
